"""Whether what was written is in Redis's append-only file on disk, so that a power cut cannot undo it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from redis import Redis
from redis.exceptions import NoPermissionError, ResponseError

from deploys.stores import redis_keys

_UNSUPPORTED = ("unknown command", "appendonly is disabled")
"""In the answers of a Redis that is older than 7.2, or keeps no append-only file. The check at the start
warns of it."""


class Durability:
    """Asks Redis by WAITAOF. With `appendfsync always` that costs nothing, with `everysec` up to a second."""

    def __init__(self, redis: Redis, *, now: Callable[[], float] = time.time) -> None:
        self._redis = redis
        self._now = now
        self._supported = True

    def wait_for_disk(self, within: float) -> bool:
        """Whether everything written before this call is on disk, at the latest after so many seconds. True
        also if this Redis cannot tell, because waiting would not help.

        Raises:
            RedisError: Redis does not answer, or takes no writes.
        """
        if not self._supported:
            return True
        # WAITAOF waits for the writes of its own connection, and another connection of the pool may have
        # written what matters. The file is written in order, so a later write that is on disk proves it.
        pipe: Any = self._redis.pipeline(transaction=False)
        pipe.set(redis_keys.DISK_PROBE, int(self._now() * 1000))
        pipe.execute_command("WAITAOF", 1, 0, int(within * 1000))
        written, waited = pipe.execute(raise_on_error=False)
        if isinstance(written, Exception):
            raise written
        if isinstance(waited, ResponseError) and self._is_unsupported(waited):
            self._supported = False
            return True
        if isinstance(waited, Exception):
            raise waited
        return int(waited[0]) >= 1

    def _is_unsupported(self, error: ResponseError) -> bool:
        return isinstance(error, NoPermissionError) or any(each in str(error) for each in _UNSUPPORTED)
