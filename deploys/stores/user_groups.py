"""Who is in which Slack user group, as a worker read it last.

Slack allows about 20 reads a minute (`usergroups.users.list`, Tier 2) and the bot's listeners call no Slack
at all, so the members stand in Redis.
"""

from __future__ import annotations

from collections.abc import Iterable

from redis import Redis

from deploys.errors import UnknownSchema
from deploys.records.record import StoredRecord
from deploys.redis_connection import to_text
from deploys.stores import redis_keys
from deploys.stores.slack_directory import KEPT_SECONDS, is_current

READ_EVERY_SECONDS = 45.0
"""Between two reads of who is in which group (seconds)."""
MAX_AGE_SECONDS = 180.0
"""Older members count as unknown: a person who was removed from a group must not go on deploying."""
_GROUP = f"{redis_keys.PREFIX}group:"


class GroupMembers(StoredRecord):
    """One read of a user group."""

    read_at: float
    """Epoch seconds."""
    members: tuple[str, ...]


class UserGroups:
    """Members of user groups, in Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def save_members(self, group: str, members: Iterable[str], now: float) -> None:
        """Keeps the members that Slack returned, and when it did (epoch seconds)."""
        known = GroupMembers(read_at=now, members=tuple(sorted(members))).to_json()
        self._redis.set(f"{_GROUP}{group}", known, ex=KEPT_SECONDS)

    def members(self, group: str, now: float, max_age: float = MAX_AGE_SECONDS) -> frozenset[str] | None:
        """User ids of a group's members; None if they are unknown, were read too long ago, or in the
        future. max_age: how long ago is too long (seconds)."""
        stored = self._redis.get(f"{_GROUP}{group}")
        if stored is None:
            return None
        try:
            known = GroupMembers.from_json(to_text(stored))
        except UnknownSchema:
            return None
        return frozenset(known.members) if is_current(known.read_at, now, max_age) else None
