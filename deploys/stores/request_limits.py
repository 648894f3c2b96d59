"""How much one person may ask for within a minute: a bucket for each in Redis, the same for every process."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from redis import Redis

from deploys.redis_round_trip import RoundTrip
from deploys.stores import redis_keys
from deploys.stores.lua_scripts import lua_script


@dataclass(frozen=True)
class Limits:
    """What is taken from people, before anything else is looked at."""

    changes_per_minute: int = 30
    """Requests of one person that change something: clicks too."""
    queries_per_minute: int = 60
    """Requests of one person that change nothing: mistakes and openings of Home too."""
    waiting_per_service: int = 20
    """Deploys of one service that wait for the one before them (count). Commands are counted apart."""
    open_per_person: int = 60
    """Deploys of one person that have not ended (count)."""
    menus_per_minute: int = 120
    """What one person's open form asks for: a menu at each letter that is typed, and a chosen service."""


class Exceeded(NamedTuple):
    """A person asked for more than the limit."""

    seconds: int
    """Until the next request is taken."""
    is_first: bool
    """Whether this person was not told since the last request that was taken."""


class RequestLimits:
    """Counts what people ask for."""

    def __init__(self, redis: Redis, limits: Limits, *, now: Callable[[], float] = time.time) -> None:
        self.limits = limits
        self._redis = redis
        self._take = redis.register_script(_TAKE_REQUEST)
        self._now = now

    def take(self, user: str, *, changes: bool) -> Exceeded | None:
        """Counts one request of this person; None if it is within the limit.

        changes: whether it is to change something.
        """
        trip = RoundTrip(self._redis)
        taken = self.ask(trip, user, changes=changes)
        trip.run()
        return taken()

    def ask(self, trip: RoundTrip, user: str, *, changes: bool) -> Callable[[], Exceeded | None]:
        """The same as a part of a round trip; what it returns says the result after that."""
        if changes:
            return self._ask_for_one(trip, "changes", user, self.limits.changes_per_minute)
        return self._ask_for_one(trip, "queries", user, self.limits.queries_per_minute)

    def take_menu(self, user: str) -> bool:
        """Counts what this person's open form asks for; whether it is within the limit."""
        trip = RoundTrip(self._redis)
        taken = self._ask_for_one(trip, "menus", user, self.limits.menus_per_minute)
        trip.run()
        return taken() is None

    def _ask_for_one(
        self, trip: RoundTrip, kind: str, user: str, capacity: int
    ) -> Callable[[], Exceeded | None]:
        key = redis_keys.request_bucket(kind, user)
        answer = trip.add_script(self._take, [key], [capacity, int(self._now() * 1000)])

        def taken() -> Exceeded | None:
            wait_ms, is_first = answer.value()
            return Exceeded(math.ceil(int(wait_ms) / 1000), bool(is_first)) if int(wait_ms) else None

        return taken


_TAKE_REQUEST = lua_script("take_request")
