"""The locks and the stop of all deploys, read together once."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

from redis import Redis

from deploys.records.lock import Lock
from deploys.records.stop_all import StopAll
from deploys.redis_connection import to_text, to_texts
from deploys.redis_round_trip import Answer, RoundTrip
from deploys.stores import redis_keys
from deploys.stores.locks import locks_covering, parse_locks


class CurrentHolds:
    """What one answer goes by, however many deploys it is about: read with the first question about it."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._asked: tuple[Answer, Answer] | None = None

    def ask(self, trip: RoundTrip) -> None:
        """Reads them as a part of this round trip."""
        self._asked = (
            trip.add_command("GET", redis_keys.STOP_ALL),
            trip.add_command("HVALS", redis_keys.LOCKS),
        )

    @cached_property
    def _stored(self) -> tuple[object, list[str]]:
        if self._asked is None:
            trip = RoundTrip(self._redis)
            self.ask(trip)
            trip.run()
        assert self._asked is not None
        stop, locks = self._asked
        return stop.value(), to_texts(locks.value())

    @cached_property
    def _locks(self) -> list[Lock]:
        return parse_locks(self._stored[1])

    def find(self) -> StopAll | None:
        """What stops all deploys; None: nothing does.

        Raises:
            UnknownSchema: another version of Slipway stopped them.
        """
        stop = self._stored[0]
        return StopAll.from_json(to_text(stop)) if stop else None

    def locks(self, now: float) -> list[Lock]:
        """Every lock that holds at that time (epoch seconds), the oldest first."""
        return [each for each in self._locks if not each.is_over(now)]

    def covering(self, service: str, groups: Collection[str], now: float) -> list[Lock]:
        """Those that a service is under. groups: those that it belongs to."""
        return locks_covering(self._locks, service, groups, now)
