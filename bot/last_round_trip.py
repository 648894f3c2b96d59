"""What Redis is asked together with keeping the answer to a request: nothing that the answer depends on, and
nothing whose loss would matter."""

from __future__ import annotations

from collections.abc import Callable

from redis import Redis

from deploys.redis_round_trip import RoundTrip


class LastRoundTrip:
    """The last one of a request."""

    def __init__(self, redis: Redis) -> None:
        self.trip = RoundTrip(redis)
        self._afterwards: list[Callable[[], None]] = []

    def then(self, act: Callable[[], None]) -> None:
        """Calls this once Redis has answered."""
        self._afterwards.append(act)

    def run(self) -> None:
        """Asks Redis. Raises RedisError."""
        self.trip.run()
        for act in self._afterwards:
            act()
