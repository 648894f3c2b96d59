"""Messages for single people, in Redis until Slack has taken them."""

from __future__ import annotations

import secrets

from redis import Redis

from deploys.errors import UnknownSchema
from deploys.records.notice import PersonalNotice
from deploys.redis_connection import to_text, to_texts
from deploys.stores import redis_keys

LEASE_SECONDS = 60
"""How long one worker has a message to itself (seconds). If it dies meanwhile, another sends it again."""


class Notices:
    """What is still to be said."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def all(self) -> list[PersonalNotice]:
        """Every message that Slack has not taken, the oldest first."""
        found = []
        for stored in to_texts(self._redis.hvals(redis_keys.NOTICES)):
            try:
                found.append(PersonalNotice.from_json(stored))
            except UnknownSchema:
                continue
        return sorted(found, key=lambda each: (each.at, each.id))

    def claim(self, notice: PersonalNotice) -> bool:
        """The right to send it; False if another worker has it, or has sent it."""
        key, token = f"{redis_keys.NOTICES}:{notice.id}", secrets.token_hex(8)
        before = self._redis.set(key, token, nx=True, get=True, ex=LEASE_SECONDS)
        is_ours = before is None or to_text(before) == token
        return is_ours and bool(self._redis.hexists(redis_keys.NOTICES, notice.id))

    def release(self, notice: PersonalNotice) -> None:
        """It could not be sent yet: it is tried again."""
        self._redis.delete(f"{redis_keys.NOTICES}:{notice.id}")

    def remove(self, notice: PersonalNotice) -> None:
        """Slack has taken it, or never will."""
        self._redis.hdel(redis_keys.NOTICES, notice.id)
