"""Notices that events of ECS do not arrive any more: what was to be read in a minute is then read within
seconds."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from deploys.job_queue import JobQueue
from deploys.stores.ecs_events import ALIVE_SECONDS, EcsEvents

CHECK_SECONDS = 1.0
"""Between two looks whether events still arrive (seconds)."""
CHECK_AGAIN_SECONDS = ALIVE_SECONDS / 2
"""Between two looks whether they arrive again, which nothing waits for (seconds)."""
SPREAD_SECONDS = 5.0
"""All deploys that wait are read within this time, but not all at the same moment (seconds)."""


class ArrivalWatch:
    """Runs in the scheduler, which lives on if the receiver of events does not."""

    def __init__(
        self, events: EcsEvents, job_queue: JobQueue, *, now: Callable[[], float] = time.time
    ) -> None:
        self._events = events
        self._job_queue = job_queue
        self._now = now
        self._checked_at = 0.0
        self._arrived = True
        """At the start too: they may have ended while no scheduler ran."""

    def tick(self) -> None:
        """Does what is due. Raises RedisError."""
        now = self._now()
        if now - self._checked_at < (CHECK_SECONDS if self._arrived else CHECK_AGAIN_SECONDS):
            return
        arrive = self._events.arrive
        if self._arrived and not arrive:
            self._job_queue.read_ecs_soon(nonce=str(int(now)))
        self._checked_at, self._arrived = now, arrive


def read_ecs_soon(events: EcsEvents, now: float) -> None:
    """Has ECS read within seconds for every deploy that waits for it (now: epoch seconds)."""
    events.wake({each: now + random.random() * SPREAD_SECONDS for each in events.waiting()}, told=False)
