"""What may hold a deploy: each source says whether it holds one now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from deploys.records.deploy import Deploy
from deploys.records.hold import Hold


class HoldSource(Protocol):
    """Locks, freezes, or the stop of all deploys."""

    def find_hold(self, deploy: Deploy, now: float) -> Hold | None:
        """What holds this deploy at that time (epoch seconds); None: nothing of this kind."""
        ...


def first_hold(sources: Sequence[HoldSource], deploy: Deploy, now: float) -> Hold | None:
    """The first of the sources' holds, in their order; None: the deploy may go on."""
    return next((found for each in sources if (found := each.find_hold(deploy, now))), None)
