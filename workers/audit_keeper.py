"""Writes the audit's new entries to standard output, and removes old ones from Redis. It runs in the
scheduler, which also goes by the newest entry: whatever begins in Slipway has one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

from redis import Redis

from deploys import audit_log
from deploys.stores import audit

READ_SECONDS = 1.0
"""Between two looks at the audit for a new entry (seconds)."""
TRIM_AUDIT_SECONDS = 600.0
"""Between two times that old entries of the audit are removed (seconds)."""


class NewestEntry:
    """The id of the audit's newest entry, asked for once in READ_SECONDS by all that go by it."""

    def __init__(self, redis: Redis, *, now: Callable[[], float] = time.time) -> None:
        self._redis = redis
        self._now = now
        self._read_at = 0.0
        self._id = audit.FIRST

    def id(self) -> str:
        """As it was at the last look."""
        now = self._now()
        if not self._read_at <= now < self._read_at + READ_SECONDS:
            self._id, self._read_at = audit.last_id(self._redis), now
        return self._id


class AuditKeeper:
    """Does both whenever it is due."""

    def __init__(
        self,
        redis: Redis,
        retention_days: int,
        out: TextIO,
        newest: NewestEntry | None = None,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._redis = redis
        self._retention_days = retention_days
        self._out = out
        self._now = now
        self._newest = newest or NewestEntry(redis, now=now)
        self._written_up_to = ""
        """The newest entry at which all were found to be written."""
        self._trimmed_at = 0.0

    def tick(self) -> None:
        """Does what is due."""
        newest, now = self._newest.id(), self._now()
        if newest != self._written_up_to:
            if audit_log.is_written(self._redis, newest):
                self._written_up_to = newest
            else:
                audit_log.write_new_entries(self._redis, self._out)
        if now - self._trimmed_at >= TRIM_AUDIT_SECONDS:
            audit.trim(self._redis, self._retention_days, now)
            self._trimmed_at = now
