"""Who is in which Slack user group, as a worker read it last.

Slack allows about 20 reads a minute (`usergroups.users.list`, Tier 2) and the bot's listeners call no Slack
at all, so the members stand in Redis.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from redis import Redis

from deploys.redis_connection import to_text
from deploys.stores import redis_keys

READ_EVERY_SECONDS = 45.0
"""Between two reads of who is in which group (seconds)."""
MAX_AGE_SECONDS = 180.0
"""Older knowledge counts as none: who was taken out of a group must not go on deploying."""
_GROUP = f"{redis_keys.PREFIX}group:"


class UserGroups:
    """Members of user groups, in Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def save_members(self, group: str, members: Iterable[str], now: float) -> None:
        """Writes down who Slack says is in a group, and when it said so (epoch seconds)."""
        known = json.dumps({"at": now, "members": sorted(members)})
        self._redis.set(f"{_GROUP}{group}", known, ex=int(MAX_AGE_SECONDS * 2))

    def members(self, group: str, now: float) -> frozenset[str] | None:
        """User ids of a group's members; None when nobody knows, or nobody knew lately enough."""
        stored = self._redis.get(f"{_GROUP}{group}")
        if stored is None:
            return None
        known = json.loads(to_text(stored))
        if now - known["at"] > MAX_AGE_SECONDS:
            return None
        return frozenset(known["members"])
