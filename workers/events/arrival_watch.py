"""Notices that events of ECS do not arrive any more: what was to be read in a minute is then read within
seconds."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import structlog
from redis.exceptions import NoPermissionError

from deploys.stores.ecs_events import EcsEvents

log = structlog.get_logger()

CHECK_SECONDS = 1.0
"""Between two looks whether events arrive (seconds)."""
SPREAD_SECONDS = 5.0
"""All deploys that wait are read within this time, but not all at the same moment (seconds)."""


class ArrivalWatch:
    """Runs in the scheduler, which lives on if the receiver of events does not."""

    def __init__(self, events: EcsEvents, *, now: Callable[[], float] = time.time) -> None:
        self._events = events
        self._now = now
        self._checked_at = 0.0
        self._arrived = True
        """At the start too: they may have ended while no scheduler ran."""

    def tick(self) -> None:
        """Does what is due. Raises RedisError."""
        now = self._now()
        if now - self._checked_at < CHECK_SECONDS:
            return
        arrive = self._events.arrive
        if self._arrived and not arrive:
            self._read_soon(now)
        self._checked_at, self._arrived = now, arrive

    def _read_soon(self, now: float) -> None:
        wanted = {each: now + random.random() * SPREAD_SECONDS for each in self._events.waiting()}
        try:
            self._events.wake(wanted, told=False)
        except NoPermissionError as error:
            log.warning(
                "deploys in progress are read within a minute only, although no events of ECS arrive: "
                "Redis's ACL rules are older",
                error=str(error),
            )
