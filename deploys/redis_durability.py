"""Whether what was written is in Redis's append-only file on disk, so that a power cut cannot undo it."""

from __future__ import annotations

import time
from collections.abc import Callable

from redis import Redis
from redis.exceptions import NoPermissionError, ResponseError

from deploys.redis_round_trip import RoundTrip
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
        trip = RoundTrip(self._redis)
        is_on_disk = self.ask(trip, within)
        trip.run()
        return is_on_disk()

    def ask(self, trip: RoundTrip, within: float) -> Callable[[], bool]:
        """The same for everything before it in this round trip, too; what it returns says the result after
        that."""
        if not self._supported:
            return lambda: True
        # WAITAOF waits for the writes of its own connection, and another connection of the pool may have
        # written what matters. The file is written in order, so a later write that is on disk proves it.
        written = trip.add_command("SET", redis_keys.DISK_PROBE, int(self._now() * 1000))
        waited = trip.add_command("WAITAOF", 1, 0, int(within * 1000))

        def is_on_disk() -> bool:
            written.value()
            try:
                return int(waited.value()[0]) >= 1
            except ResponseError as error:
                if not self._is_unsupported(error):
                    raise
                self._supported = False
                return True

        return is_on_disk

    def _is_unsupported(self, error: ResponseError) -> bool:
        return isinstance(error, NoPermissionError) or any(each in str(error) for each in _UNSUPPORTED)
