"""What the commits of deploys add to the metrics."""

from __future__ import annotations

from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.telemetry.metrics import DEPLOY_SECONDS, DEPLOYS, PHASE_SECONDS


def count_commit(before: Deploy, after: Deploy) -> None:
    """A step was committed. A deploy counts once nothing of it can change any more."""
    if before.phase is after.phase:
        return
    PHASE_SECONDS.observe(max(after.phase_since - before.phase_since, 0.0), phase=before.phase.value)
    if after.phase is Phase.ENDED and after.outcome is not None:
        DEPLOYS.add(service=after.service.name, outcome=after.outcome.value)
        ended_at = after.phase_since if after.ended_at is None else after.ended_at
        DEPLOY_SECONDS.observe(max(ended_at - after.request.requested_at, 0.0), outcome=after.outcome.value)
