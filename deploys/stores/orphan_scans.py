"""When services are searched for what a lost deploy left: seldom, and at once if Redis lost something."""

from __future__ import annotations

import time
from collections.abc import Callable

from redis import Redis
from redis.exceptions import ResponseError

from deploys.redis_connection import to_text
from deploys.stores import redis_keys
from deploys.stores.lost_deploys import LostDeploys

SCAN_EVERY_SECONDS = 300.0
"""Between two scans, unless something calls for one sooner."""


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

    def note_restart(self) -> bool:
        """Whether Redis was restarted since the last call."""
        if (run_id := self._run_id()) is None:
            return False
        known = self._redis.getset(redis_keys.REDIS_RUN, run_id)
        return known is not None and to_text(known) != run_id

    def note_scan(self) -> None:
        """All services were read."""
        self._redis.set(redis_keys.ORPHANS_CHECKED_AT, self._now())

    def _run_id(self) -> str | None:
        """Of the server that runs now; some managed services do not say."""
        try:
            return to_text(self._redis.info("server")["run_id"])
        except (ResponseError, KeyError):
            return None

    def _is_recent(self, scanned_at: bytes | str | None) -> bool:
        return scanned_at is not None and self._now() - float(to_text(scanned_at)) < SCAN_EVERY_SECONDS
