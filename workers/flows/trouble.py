"""What a step that failed leads to. Pure but for the time."""

from __future__ import annotations

from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase
from deploys.errors import (
    AwsDenied,
    AwsRefused,
    AwsUnavailable,
    AwsUncertain,
    MembershipUnknown,
    Refused,
    SlipwayError,
)
from workers.flows import words
from workers.flows.ending import go_back, refuse
from workers.turn import Next, Turn

UNTOUCHED = {
    Phase.WAITING,
    Phase.PLANNING,
    Phase.AWAITING_APPROVAL,
    Phase.REGISTERING,
    Phase.UPDATING,
    Phase.RECORDING,
    Phase.STOPPING,
}
"""Phases in which the service was not changed, unless the record says that a change was tried."""
MAYBE_TOUCHED = {Phase.DRAINING, Phase.STARTING}
"""Phases from which the way back is the safe way out."""
LOUD_AFTER = 3
"""Failed tries of a step after which the thread says so, where the step must not be given up (count)."""
BUG_TRIES = 5
"""Times an error of our own is tried again (count)."""


def after_error(deploy: Deploy, error: Exception, turn: Turn, reference: str) -> Next:
    """Tries again, refuses, or brings back what was: never gives up a service that was changed."""
    deploy = deploy.evolve(
        attempts=deploy.attempts + 1,
        last_error=_told(error, reference),
        uncertain=deploy.uncertain or (isinstance(error, AwsUncertain) and _changes_service(deploy)),
    )
    if not _passes(error, deploy):
        if _untouched(deploy):
            return refuse(deploy, turn, deploy.last_error)
        if deploy.phase in MAYBE_TOUCHED or deploy.phase in UNTOUCHED:
            return go_back(deploy, turn, Outcome.ROLLED_BACK, deploy.last_error)
    elif _untouched(deploy) and _too_long(deploy, turn):
        reason = words.aws_silent(deploy.last_error, turn.now() - deploy.phase_since)
        return refuse(deploy, turn, reason)
    if deploy.phase is Phase.SETTLING and _too_long(deploy, turn):
        told = deploy.saying(
            turn.now(),
            MilestoneKind.TROUBLE,
            words.not_settled(deploy.last_error),
            broadcast=True,
        )
        return Next(told.at(Phase.ENDED, turn.now()))
    if deploy.attempts == LOUD_AFTER and not _untouched(deploy) and not isinstance(error, AwsUnavailable):
        deploy = deploy.saying(
            turn.now(),
            MilestoneKind.TROUBLE,
            words.still_trying(deploy.last_error, deploy.attempts),
            broadcast=True,
        )
    return Next(deploy, after=backoff_seconds(deploy.attempts))


def backoff_seconds(attempts: int) -> float:
    """Seconds until the next try: 1, 2, 4 ... 30."""
    return float(min(30, 2 ** min(attempts - 1, 5)))


def _too_long(deploy: Deploy, turn: Turn) -> bool:
    return turn.now() - deploy.phase_since > deploy.service.deadline


def _told(error: Exception, reference: str) -> str:
    return error.message if isinstance(error, SlipwayError) else words.internal(reference)


def _passes(error: Exception, deploy: Deploy) -> bool:
    """Whether trying again can help."""
    if isinstance(error, AwsUnavailable | MembershipUnknown):
        return True
    if isinstance(error, AwsDenied | AwsRefused | Refused):
        return False
    return deploy.attempts < BUG_TRIES


def _untouched(deploy: Deploy) -> bool:
    return deploy.phase in UNTOUCHED and not deploy.update_tried and deploy.stop_requested_at is None


def _changes_service(deploy: Deploy) -> bool:
    return deploy.phase in {
        Phase.UPDATING,
        Phase.STOPPING,
        Phase.STARTING,
        Phase.RESTORING,
    }
