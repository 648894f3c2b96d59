"""The clock of the region: the machine's, or one that a test moves."""

from __future__ import annotations

import threading
import time
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since the epoch."""


class WallClock:
    """The machine's own clock."""

    def now(self) -> float:
        return time.time()


class ManualClock:
    """A clock that stands still until `advance` moves it.

    `start` is in seconds since the epoch; the default is now. The sandbox and the code under test can share
    one clock.
    """

    def __init__(self, start: float | None = None) -> None:
        self._now = time.time() if start is None else start
        self._lock = threading.Lock()

    def now(self) -> float:
        with self._lock:
            return self._now

    def advance(self, seconds: float) -> float:
        """Move the clock forward and return the new time. Raises ValueError for a step backwards."""
        if seconds < 0:
            raise ValueError(f"a clock only moves forward, not by {seconds} seconds")
        with self._lock:
            self._now += seconds
            return self._now
