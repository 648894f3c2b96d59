"""When services are searched for what a lost deploy left: seldom, and at once if Redis lost something."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from redis import Redis
from redis.exceptions import ResponseError

from deploys.redis_connection import to_text, to_texts
from deploys.stores import redis_keys
from deploys.stores.lost_deploys import LostDeploys

SCAN_EVERY_SECONDS = 300.0
"""Between two scans, unless something calls for one sooner."""
LATE_SECONDS = 1200.0
"""A scan that has not been completed for so long does not wait for other calls any more (seconds)."""


class OrphanScans:
    """What Redis knows of the scans."""

    def __init__(self, redis: Redis, *, now: Callable[[], float] = time.time) -> None:
        self._redis = redis
        self._now = now

    def is_due(self) -> bool:
        """Whether Redis was restarted or lost since the last scan, a service waits to be brought back, or the
        last scan is long ago."""
        run_id = self._run_id()
        known, scanned_at = self._redis.mget(redis_keys.REDIS_RUN, redis_keys.ORPHANS_CHECKED_AT)
        return bool(
            (run_id is not None and (known is None or to_text(known) != run_id))
            or not self._is_recent(scanned_at)
            or LostDeploys(self._redis).waiting()
        )

    def is_urgent(self) -> bool:
        """Whether a service may stay stopped for longer if the scan waits for other calls: after Redis was
        restarted or lost, while a service waits to be brought back, or if no scan was completed for long."""
        scanned_at = self._redis.get(redis_keys.ORPHANS_CHECKED_AT)
        return not self._is_recent(scanned_at, LATE_SECONDS) or bool(LostDeploys(self._redis).waiting())

    def note_restart(self) -> bool:
        """Whether Redis was restarted since the last call. If it was, all services are to be read again."""
        if (run_id := self._run_id()) is None:
            return False
        known = self._redis.getset(redis_keys.REDIS_RUN, run_id)
        restarted = known is not None and to_text(known) != run_id
        if restarted:
            self._redis.delete(redis_keys.ORPHANS_CHECKED_AT, redis_keys.ORPHAN_SCAN_READ)
        return restarted

    def already_read(self) -> set[str]:
        """The services that the scan which goes on has read, and that need not be read again in it."""
        read = set(to_texts(self._redis.smembers(redis_keys.ORPHAN_SCAN_READ)))
        return read - {each.service for each in LostDeploys(self._redis).waiting()}

    def note_read(self, names: Iterable[str]) -> None:
        """These services were read."""
        pipe = self._redis.pipeline()
        pipe.sadd(redis_keys.ORPHAN_SCAN_READ, *names)
        pipe.expire(redis_keys.ORPHAN_SCAN_READ, int(LATE_SECONDS))
        pipe.execute()

    def note_scan(self) -> None:
        """All services were read: the next scan begins with none."""
        self._redis.set(redis_keys.ORPHANS_CHECKED_AT, self._now())
        self._redis.delete(redis_keys.ORPHAN_SCAN_READ)

    def _run_id(self) -> str | None:
        """Of the server that runs now; some managed services do not say."""
        try:
            return to_text(self._redis.info("server")["run_id"])
        except (ResponseError, KeyError):
            return None

    def _is_recent(self, scanned_at: bytes | str | None, seconds: float = SCAN_EVERY_SECONDS) -> bool:
        return scanned_at is not None and self._now() - float(to_text(scanned_at)) < seconds
