"""What will happen in the region, and when."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

Callback = Callable[[], None]


class EventQueue:
    """Happenings in the order of their time; those of the same time in the order they were planned."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Callback]] = []
        self._sequence = itertools.count()

    def schedule(self, at: float, callback: Callback) -> None:
        heapq.heappush(self._heap, (at, next(self._sequence), callback))

    def take_due(self, now: float) -> tuple[float, Callback] | None:
        """The earliest happening not later than `now`, with the time it was planned for."""
        if not self._heap or self._heap[0][0] > now:
            return None
        at, _, happening = heapq.heappop(self._heap)
        return at, happening
