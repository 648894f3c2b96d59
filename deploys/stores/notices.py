"""Messages for single people, in Redis until Slack has taken them; those about a lock, until that is over."""

from __future__ import annotations

import secrets
from typing import TypeVar

from redis import Redis

from deploys.errors import UnknownSchema
from deploys.records.notice import PersonalNotice, SentNotice
from deploys.records.record import StoredRecord
from deploys.redis_connection import to_text, to_texts
from deploys.stores import redis_keys

Stored = TypeVar("Stored", bound=StoredRecord)
LEASE_SECONDS = 60
"""How long one worker has a message to itself (seconds). If it dies meanwhile, another sends it again."""


class Notices:
    """What is still to be said."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def all(self) -> list[PersonalNotice]:
        """Every message that Slack has not taken, the oldest first."""
        found = self._read(redis_keys.NOTICES, PersonalNotice)
        return sorted(found, key=lambda each: (each.at, each.id))

    def sent(self) -> list[SentNotice]:
        """Every message that has to be edited once its lock is over."""
        return self._read(redis_keys.SENT_NOTICES, SentNotice)

    def _read(self, key: str, kind: type[Stored]) -> list[Stored]:
        found = []
        for stored in to_texts(self._redis.hvals(key)):
            try:
                found.append(kind.from_json(stored))
            except UnknownSchema:
                continue
        return found

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

    def keep_sent(self, sent: SentNotice) -> None:
        """Slack has taken it, and it has to be edited later."""
        pipe = self._redis.pipeline()
        pipe.hset(redis_keys.SENT_NOTICES, sent.notice.id, sent.to_json())
        pipe.hdel(redis_keys.NOTICES, sent.notice.id)
        pipe.execute()

    def forget_sent(self, sent: SentNotice) -> None:
        """It says that its lock is over, or never will."""
        self._redis.hdel(redis_keys.SENT_NOTICES, sent.notice.id)
