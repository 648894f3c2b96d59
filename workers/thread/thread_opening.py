"""When a thread is opened, and which refusals are told to the requester alone instead. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase

FIRST_CHECKS_SECONDS = 2.0
"""A deploy whose first checks take longer is shown in the channel meanwhile (seconds)."""
FIRST_CHECKS = frozenset({Phase.WAITING, Phase.PLANNING})


def opens_at(deploys: Sequence[Deploy], ahead: Iterable[Deploy]) -> float:
    """Until when (epoch seconds) the thread of these deploys waits for their first checks; 0: not at all.

    `ahead` are others that they wait for: who waits in line is seen to wait.
    """
    if any(ahead) or not all(_waits_for_first_checks(each) for each in deploys):
        return 0.0
    return min((each.request.requested_at for each in deploys), default=0.0) + FIRST_CHECKS_SECONDS


def is_refused_before_plan(deploy: Deploy) -> bool:
    """Whether its first checks said no. Nothing came of it, so nobody else needs to see that."""
    return deploy.outcome is Outcome.REFUSED and deploy.plan is None


def _waits_for_first_checks(deploy: Deploy) -> bool:
    return is_refused_before_plan(deploy) or (deploy.in_progress and deploy.phase in FIRST_CHECKS)
