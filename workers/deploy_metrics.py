"""What the steps of deploys add to the metrics and to the log."""

from __future__ import annotations

import structlog

from deploys.decisions import is_service_untouched
from deploys.errors import Refused, SlackUnsure, SlipwayError
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.telemetry.metrics import DEPLOY_SECONDS, DEPLOYS, PHASE_SECONDS, STEP_ERRORS

log = structlog.get_logger()


def report_commit(before: Deploy, after: Deploy) -> None:
    """A step was committed. A deploy counts once nothing of it can change any more."""
    if (before.phase, before.outcome) != (after.phase, after.outcome):
        outcome = {"outcome": after.outcome.value} if after.outcome else {}
        log.info("deploy moved", service=after.service.name, phase=after.phase.value, **outcome)
    if before.phase is after.phase:
        return
    PHASE_SECONDS.observe(max(after.phase_since - before.phase_since, 0.0), phase=before.phase.value)
    if after.phase is Phase.ENDED and after.outcome is not None:
        DEPLOYS.add(service=after.service.name, outcome=after.outcome.value)
        ended_at = after.phase_since if after.ended_at is None else after.ended_at
        DEPLOY_SECONDS.observe(max(ended_at - after.request.requested_at, 0.0), outcome=after.outcome.value)


def report_error(error: Exception, deploy: Deploy, reference: str) -> None:
    """A step ended with an error. A check that says no before anything was changed is none: the outcome of
    the deploy says so. reference: what its message names, so that people find the traceback."""
    if isinstance(error, Refused) and not isinstance(error, SlackUnsure) and is_service_untouched(deploy):
        log.info("refused", phase=deploy.phase.value, why=type(error).__name__)
        return
    STEP_ERRORS.add()
    is_known = isinstance(error, SlipwayError)
    log.warning(
        "step failed",
        phase=deploy.phase.value,
        error=str(error) if is_known else type(error).__name__,
        reference=reference,
        exc_info=not is_known,
    )
