"""When events make a deploy due: at once or within a second, but not more often than necessary. Pure.

Each task of a service sends several events, and many services roll out at the same time: each event is
followed by a read that begins after it, but many of them share one.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from workers.events.ecs_event import EventKind

LEAST_SECONDS: Mapping[EventKind, float] = {
    EventKind.TURN: 0.25,
    EventKind.TASK_STOPPED: 1.0,
    EventKind.PROGRESS: 5.0,  # as often as ECS is read without events
}
"""Between the read of a deploy for an event of this kind and the one for an event before (seconds)."""
GATHER_SECONDS = 1.0
"""From a task's event that tells of no end to the read for it, which reads what the next ones tell of, too:
the tasks of a rollout start and stop together (seconds)."""


@dataclass
class _Looks:
    last: float = -math.inf
    """When the deploy was due for an event last."""
    next: float = math.inf
    """When it will be."""


class LookSpacing:
    """Remembers when deploys were made due. Two processes that receive events each have their own: then there
    are at most twice as many reads."""

    def __init__(self) -> None:
        self._looks: dict[str, _Looks] = {}

    def next_look(self, deploy_id: str, kinds: Iterable[EventKind], now: float) -> float:
        """When the deploy is to be due for events of these kinds that have just arrived (epoch seconds)."""
        looks = self._looks.setdefault(deploy_id, _Looks())
        if looks.next <= now:
            looks.last, looks.next = looks.next, math.inf
        found = set(kinds)
        least = min(LEAST_SECONDS[each] for each in found)
        earliest = now + GATHER_SECONDS if found == {EventKind.PROGRESS} else now
        looks.next = min(looks.next, max(earliest, looks.last + least))
        return looks.next

    def keep_only(self, deploy_ids: Collection[str]) -> None:
        """Forgets all others."""
        self._looks = {each: looks for each, looks in self._looks.items() if each in deploy_ids}
