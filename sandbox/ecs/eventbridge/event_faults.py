"""What goes wrong between EventBridge and a queue: AWS delivers at least once, in any order, and rarely not
at all."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from typing import Any

DELIVERIES = {
    "sent": "delivered once",
    "lost": "never delivered",
    "doubled": "delivered twice",
    "late": "delivered `late_seconds` late",
}


class EventFaults:
    """How the next events are delivered: by a pattern that is repeated, such as `lost`, `doubled`, `late`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        self.set(("sent",))

    def set(self, pattern: Sequence[str], late_seconds: float = 5.0) -> None:
        """late_seconds: of the sandbox's clock. Raises ValueError for a delivery that does not exist."""
        unknown = [each for each in pattern if each not in DELIVERIES]
        if unknown or not pattern or isinstance(pattern, str) or late_seconds < 0:
            raise ValueError(
                f"the pattern is a list of {', '.join(DELIVERIES)}, and late_seconds is not negative; "
                f"not {pattern!r} and {late_seconds!r}"
            )
        with self._lock:
            self._pattern = tuple(pattern)
            self._late_seconds = late_seconds
            self._next = itertools.cycle(pattern)
            self.counts = dict.fromkeys(DELIVERIES, 0)

    def delays(self) -> tuple[float, ...]:
        """For the next event: by how much each of its deliveries is late (seconds)."""
        with self._lock:
            delivery = next(self._next)
            self.counts[delivery] += 1
            late = self._late_seconds
        return {"sent": (0.0,), "lost": (), "doubled": (0.0, 0.0), "late": (late,)}[delivery]

    def as_json(self) -> dict[str, Any]:
        with self._lock:
            return {
                "pattern": list(self._pattern),
                "lateSeconds": self._late_seconds,
                "counts": dict(self.counts),
            }
