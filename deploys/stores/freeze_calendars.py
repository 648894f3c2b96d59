"""What the calendars say that have an address, as a worker read them last. All else reads only this."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from redis import Redis

from deploys.errors import UnknownSchema
from deploys.records.freeze_window import FreezeWindow
from deploys.records.record import StoredRecord
from deploys.stores import redis_keys
from deploys.stores.slack_directory import is_current

READ_EVERY_SECONDS = 300.0
"""Between two reads of a calendar (seconds)."""
MAX_AGE_SECONDS = 3600.0
"""What was read longer ago counts as unknown (seconds): a freeze may have been entered since."""


class CalendarRead(StoredRecord):
    """One read of a calendar."""

    read_at: float
    """Epoch seconds."""
    windows: tuple[FreezeWindow, ...]


class FreezeCalendars:
    """Calendars in Redis, by a hash: an address may hold a secret."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._read_already: dict[str, Any] | None = None

    def for_one_request(self) -> FreezeCalendars:
        """The same, which reads each calendar once."""
        other = FreezeCalendars(self._redis)
        other._read_already = {}
        return other

    def save(self, address: str, time_zone: str, windows: Sequence[FreezeWindow], now: float) -> None:
        """Keeps what was read, and when (epoch seconds)."""
        read = CalendarRead(read_at=now, windows=tuple(windows)).to_json()
        self._redis.set(_key(address, time_zone), read, ex=int(MAX_AGE_SECONDS * 2))

    def find(self, address: str, time_zone: str, now: float) -> tuple[FreezeWindow, ...] | None:
        """The windows; None if they are unknown, were read too long ago or are dated in the future."""
        stored = self._read(_key(address, time_zone))
        if stored is None:
            return None
        try:
            read = CalendarRead.from_json(stored)
        except UnknownSchema:
            return None
        return read.windows if is_current(read.read_at, now, MAX_AGE_SECONDS) else None

    def _read(self, key: str) -> Any:
        if self._read_already is None:
            return self._redis.get(key)
        if key not in self._read_already:
            self._read_already[key] = self._redis.get(key)
        return self._read_already[key]


def _key(address: str, time_zone: str) -> str:
    return redis_keys.calendar(hashlib.sha256(f"{address} {time_zone}".encode()).hexdigest()[:32])
