"""What a step that failed leads to: a service that was changed is never given up, and never silently."""

from __future__ import annotations

from deploys.around import task_started
from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase
from deploys.errors import (
    AwsDenied,
    AwsError,
    AwsRefused,
    AwsUnavailable,
    AwsUncertain,
    ForeignRollout,
    ImageMissing,
    InternalError,
    MembershipUnknown,
    NotOnDisk,
    Refused,
    SlipwayError,
    UnknownTarget,
)
from workers.flows import checking, looking_on
from workers.flows.deadline import overdue
from workers.flows.ending import go_back, refuse
from workers.flows.words import looks, reasons, scaling
from workers.turn import Next, Turn

BEFORE_THE_CHANGE = {
    Phase.WAITING,
    Phase.PLANNING,
    Phase.AWAITING_APPROVAL,
    Phase.REGISTERING,
    Phase.PREPARING,
    Phase.UPDATING,
    Phase.RECORDING,
    Phase.STOPPING,
}
"""Phases that come before the service is changed, or end with its first change."""
CHANGES_SERVICE = {Phase.UPDATING, Phase.STOPPING, Phase.STARTING, Phase.RESTORING, Phase.SETTLING}
"""Phases in which a call that got no answer may have changed the service."""
THE_CHANGE = "ecs:UpdateService"
"""The first call that changes a service."""
ELSEWHERE = {"application-autoscaling:RegisterScalableTarget"}
"""Calls in these phases that change something, but not the service."""
LOUD_AFTER_TRIES = 3
"""Failed tries after which the channel is told of what will not pass by itself (count)."""
LOUD_AFTER_SECONDS = 120.0
"""Seconds after which the channel is told of what should have passed."""
LOUD_AGAIN_SECONDS = 600.0
"""Between two such messages."""
BUG_TRIES = 5
"""Times an error of our own is tried again (count)."""


def after_error(deploy: Deploy, error: Exception, turn: Turn, reference: str) -> Next:
    """Tries again, refuses, or brings back what was."""
    now = turn.now()
    deploy = deploy.evolve(
        attempts=deploy.attempts + 1,
        failing_since=deploy.failing_since or now,
        last_error=_told(error, reference),
        uncertain=deploy.uncertain or _may_have_changed(error, deploy),
    )
    if (around := _around_the_rollout(deploy, error, turn)) is not None:
        return around
    if _untouched(deploy, error):
        return _before_the_change(deploy, error, turn)
    if deploy.phase is Phase.LOOKING_ON:
        return looking_on.after_error(deploy, turn) or _on(deploy)
    if deploy.phase in (Phase.RESTORING, Phase.FOLLOWING_BACK):
        return _on(_loud(deploy, error, now))
    if deploy.phase is Phase.SETTLING:
        return _settling(deploy, error, turn)
    if deploy.cancel and deploy.phase is not Phase.STARTING:
        return go_back(deploy, turn, Outcome.CANCELLED, reasons.cancel_reason(deploy.cancel.user))
    if deploy.phase is Phase.FOLLOWING:
        if overdue(deploy, now) and not isinstance(error, AwsUnavailable):
            return go_back(deploy, turn, Outcome.ROLLED_BACK, reasons.overdue_unseen(deploy))
        # It may have succeeded: the first look that AWS answers decides.
        return _on(_loud(deploy, error, now))
    if not _passes(error, deploy) or _too_long(deploy, now) or _stopped_for_the_disk(deploy, error, now):
        return go_back(deploy, turn, Outcome.ROLLED_BACK, reasons.without_promise(deploy.last_error))
    return _on(_loud(deploy, error, now))


def _around_the_rollout(deploy: Deploy, error: Exception, turn: Turn) -> Next | None:
    """A task that may run is not left alone; a check is not given up before its time. Else None."""
    now = turn.now()
    if deploy.phase is Phase.PREPARING and task_started(deploy):
        return _on(_loud(deploy, error, now))
    if deploy.phase is not Phase.CHECKING:
        return None
    if deploy.cancel:
        return checking.back(deploy, turn, Outcome.CANCELLED, reasons.cancel_reason(deploy.cancel.user))
    if checking.overdue(deploy, now):
        return checking.back(deploy, turn, Outcome.ROLLED_BACK, reasons.without_promise(deploy.last_error))
    return _on(_loud(deploy, error, now))


def backoff_seconds(attempts: int) -> float:
    """Seconds until the next try: 1, 2, 4 ... 30."""
    return float(min(30, 2 ** min(attempts - 1, 5)))


def _before_the_change(deploy: Deploy, error: Exception, turn: Turn) -> Next:
    """Nothing was changed, so a plain no ends it."""
    # A first call that AWS refused did nothing, whatever the intent said.
    clean = deploy.evolve(update_tried=False, stop_requested_at=None)
    if isinstance(error, ForeignRollout):
        clean = clean.evolve(in_the_way=error.facts["deployment"])
    if isinstance(error, ImageMissing | UnknownTarget):
        clean = clean.evolve(likely_tags=error.facts["likely"])
    if not _passes(error, deploy):
        return refuse(clean, turn, deploy.last_error)
    if deploy.phase is not Phase.AWAITING_APPROVAL and _too_long(deploy, turn.now()):
        silent = reasons.aws_silent
        if isinstance(error, MembershipUnknown | NotOnDisk):
            silent = reasons.for_so_long
        failing = turn.now() - (deploy.failing_since or turn.now())
        return refuse(clean, turn, silent(deploy.last_error, failing))
    return _on(clean)


def _settling(deploy: Deploy, error: Exception, turn: Turn) -> Next:
    now = turn.now()
    if deploy.scaling is not None and deploy.scaling.pending:
        return _on(_loud(deploy, error, now))
    if not _too_long(deploy, now):
        return _on(deploy)
    stopped = deploy.stop_requested_at is not None
    if stopped and not _loud_again(deploy, now):
        return _on(deploy)
    text = looks.not_settled(deploy.last_error, goes_on=stopped)
    told = deploy.saying(now, MilestoneKind.TROUBLE, text, broadcast=True, loud_at=now)
    return _on(told) if stopped else Next(told.at(Phase.ENDED, now))


def _on(deploy: Deploy) -> Next:
    return Next(deploy, after=backoff_seconds(deploy.attempts))


def _loud(deploy: Deploy, error: Exception, now: float) -> Deploy:
    """A service that was changed waits for this step: the channel is told, and told again."""
    failing = now - (deploy.failing_since or now)
    due = failing >= LOUD_AFTER_SECONDS
    if not isinstance(error, AwsUnavailable):
        due = due or deploy.attempts >= LOUD_AFTER_TRIES
    if not due or not _loud_again(deploy, now):
        return deploy
    suspended = deploy.phase is Phase.SETTLING
    told = scaling.still_suspended if suspended else looks.still_trying
    return deploy.saying(
        now,
        MilestoneKind.TROUBLE,
        told(deploy.last_error, deploy.attempts),
        broadcast=True,
        loud_at=now,
    )


def _loud_again(deploy: Deploy, now: float) -> bool:
    """Whether the channel was not told lately."""
    return deploy.loud_at is None or now - deploy.loud_at >= LOUD_AGAIN_SECONDS


def _too_long(deploy: Deploy, now: float) -> bool:
    return now - (deploy.failing_since or now) > deploy.service.deadline


def _stopped_for_the_disk(deploy: Deploy, error: Exception, now: float) -> bool:
    """Whether a service stands still for nothing but Redis's disk, on which the way back does not depend."""
    failing = now - (deploy.failing_since or now)
    stopped = deploy.stop_requested_at is not None
    return isinstance(error, NotOnDisk) and stopped and failing >= LOUD_AFTER_SECONDS


def _told(error: Exception, reference: str) -> str:
    return error.message if isinstance(error, SlipwayError) else InternalError(reference=reference).message


def _passes(error: Exception, deploy: Deploy) -> bool:
    """Whether trying again can help."""
    if isinstance(error, AwsUnavailable | MembershipUnknown | NotOnDisk):
        return True
    if isinstance(error, AwsDenied | AwsRefused | Refused):
        return False
    return deploy.attempts < BUG_TRIES


def _may_have_changed(error: Exception, deploy: Deploy) -> bool:
    """Whether this was a change of the service that got no answer."""
    return (
        isinstance(error, AwsUncertain)
        and deploy.phase in CHANGES_SERVICE
        and error.facts["action"] not in ELSEWHERE
    )


def _untouched(deploy: Deploy, error: Exception) -> bool:
    """Whether the service is as it was: at most one call went out, and AWS answered that it did nothing; or
    none did, as its intent was not on disk.

    Where a worker died between the written intent and the answer, no other error says what became of it.
    """
    if deploy.phase not in BEFORE_THE_CHANGE or deploy.uncertain:
        return False
    tried = deploy.update_tried or deploy.stop_requested_at is not None
    return (
        not tried
        or isinstance(error, NotOnDisk)
        or (isinstance(error, AwsError) and error.facts["action"] == THE_CHANGE)
    )
