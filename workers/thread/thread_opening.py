"""When a thread is opened, and which refusals only the requester sees. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase

FIRST_CHECKS_SECONDS = 2.0
"""If the first checks take longer, the deploy is shown in the channel before they end (seconds)."""
FIRST_CHECKS = frozenset({Phase.WAITING, Phase.PLANNING})


def opens_at(deploys: Sequence[Deploy], ahead: Iterable[Deploy]) -> float:
    """Until when (epoch seconds) the thread of these deploys waits for their first checks; 0: it does not.

    ahead: other deploys that they wait for. A queued deploy is shown at once.
    """
    if any(ahead) or not all(_waits_for_first_checks(each) for each in deploys):
        return 0.0
    return min((each.request.requested_at for each in deploys), default=0.0) + FIRST_CHECKS_SECONDS


def is_refused_before_plan(deploy: Deploy) -> bool:
    """Whether its first checks refused it. Nothing was changed, so nobody else needs to see that."""
    return deploy.outcome is Outcome.REFUSED and deploy.plan is None


def _waits_for_first_checks(deploy: Deploy) -> bool:
    return is_refused_before_plan(deploy) or (deploy.in_progress and deploy.phase in FIRST_CHECKS)
