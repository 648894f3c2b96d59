"""What follows when a step fails. A service that was changed is never left, and the channel hears of it."""

from __future__ import annotations

from dataclasses import replace

from deploys.decisions import tried_to_change
from deploys.errors import (
    AwsDenied,
    AwsError,
    AwsRefused,
    AwsResultUnknown,
    AwsUnavailable,
    InternalError,
    NotOnDisk,
    Refused,
    SlackUnsure,
    SlipwayError,
)
from deploys.pre_task import pre_task_started, task_phase
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase, Stage
from deploys.records.rollback import RollbackCauseKind
from deploys.records.thread_messages import ThreadMessageKind
from deploys.refusal_hints import hints_of
from workers.flows.ending import end_refused, roll_back_cancelled, start_rollback
from workers.flows.external import following_external
from workers.flows.finish import checking
from workers.flows.observe.deadline import is_rollout_overdue
from workers.flows.plan.approval_voiding import voided_notes
from workers.messages import alerts, rollback_reasons, scaling
from workers.step_context import StepContext, StepResult

CHANGING_ACTION = "ecs:UpdateService"
"""The first call that changes a service."""
OTHER_ACTIONS = {"application-autoscaling:RegisterScalableTarget"}
"""Calls in these phases that change something else than the service."""
ALERT_AFTER_TRIES = 3
"""Failed tries after which the channel hears of an error that does not pass by itself (count)."""
ALERT_AFTER_SECONDS = 120.0
"""After this long, the channel also hears of an error that should have passed (seconds)."""
ALERT_INTERVAL_SECONDS = 600.0
"""Between two such messages (seconds)."""
MAX_BUG_TRIES = 5
"""How often a step is tried again after a bug of Slipway (count)."""


def handle_step_error(deploy: Deploy, error: Exception, context: StepContext, reference: str) -> StepResult:
    """Tries again, refuses the deploy, or rolls it back."""
    now = context.now()
    deploy = deploy.evolve(
        retries={
            "attempts": deploy.retries.attempts + 1,
            "failing_since": deploy.retries.failing_since or now,
            "last_error": _error_text(error, reference),
        },
        ecs={"update_uncertain": deploy.ecs.update_uncertain or _may_have_changed_service(error, deploy)},
    )
    if (handled := _pre_task_or_check_error(deploy, error, context)) is not None:
        return handled
    if _is_unchanged(deploy, error):
        return _error_before_change(deploy, error, context)
    if deploy.phase is Phase.FOLLOWING_EXTERNAL:
        return following_external.end_if_due(deploy, context) or _retry(deploy)
    if deploy.phase.facts.stage is Stage.ROLLBACK:
        return _retry(_alert_if_due(deploy, error, now))
    if deploy.phase is Phase.SETTLING:
        return _error_while_settling(deploy, error, context)
    if deploy.cancel and deploy.phase is not Phase.STARTING:
        return roll_back_cancelled(deploy, context)
    if deploy.phase in (Phase.FOLLOWING, Phase.FOLLOWING_COUNT):
        if is_rollout_overdue(deploy, now) and not isinstance(error, AwsUnavailable):
            return start_rollback(
                deploy, context, RollbackCauseKind.OVERDUE, rollback_reasons.overdue_and_unreadable(deploy)
            )
        # It may have succeeded: the first read that AWS answers decides.
        return _retry(_alert_if_due(deploy, error, now))
    if (
        not _is_transient(error, deploy)
        or _fails_too_long(deploy, now)
        or _is_stopped_by_redis_disk(deploy, error, now)
    ):
        return start_rollback(
            deploy,
            context,
            RollbackCauseKind.STEP_FAILED,
            rollback_reasons.without_retry_promise(deploy.retries.last_error),
        )
    return _retry(_alert_if_due(deploy, error, now))


def _pre_task_or_check_error(deploy: Deploy, error: Exception, context: StepContext) -> StepResult | None:
    """A pre-task that may run is followed to its end, and a post-check keeps its time. None in other
    phases.
    """
    now = context.now()
    if deploy.phase is task_phase(deploy) and pre_task_started(deploy):
        return _retry(_alert_if_due(deploy, error, now))
    if deploy.phase is not Phase.CHECKING:
        return None
    if deploy.cancel:
        sentence = rollback_reasons.cancelled_by(deploy.cancel.user, deploy.cancel.reason)
        return checking.roll_back_after_check(deploy, context, RollbackCauseKind.CANCELLED, sentence)
    if checking.is_check_overdue(deploy, now):
        return checking.roll_back_after_check(
            deploy,
            context,
            RollbackCauseKind.STEP_FAILED,
            rollback_reasons.without_retry_promise(deploy.retries.last_error),
        )
    return _retry(_alert_if_due(deploy, error, now))


def backoff_seconds(attempts: int) -> float:
    """Seconds until the next try: 1, 2, 4 ... 30."""
    return float(min(30, 2 ** min(attempts - 1, 5)))


def _error_before_change(deploy: Deploy, error: Exception, context: StepContext) -> StepResult:
    """Nothing was changed, so a refusal ends the deploy."""
    # AWS refused the first call, so it did nothing, whatever the written intent says.
    unchanged = deploy.evolve(ecs={"update_tried": False}, stop={"requested_at": None})
    if not _is_transient(error, deploy):
        reason = deploy.retries.last_error
        refused = end_refused(unchanged.evolve(refusal=hints_of(error)), context, reason)
        return replace(refused, audit=voided_notes(deploy, reason))
    if deploy.phase is not Phase.AWAITING_APPROVAL and _fails_too_long(deploy, context.now()):
        is_aws = not isinstance(error, SlackUnsure | NotOnDisk)
        describe = rollback_reasons.aws_unreachable if is_aws else rollback_reasons.failing_for
        failing = context.now() - (deploy.retries.failing_since or context.now())
        reason = describe(deploy.retries.last_error, failing)
        refused = end_refused(unchanged.evolve(refusal=hints_of(error)), context, reason)
        return replace(refused, audit=voided_notes(deploy, reason))
    return _retry(unchanged)


def _error_while_settling(deploy: Deploy, error: Exception, context: StepContext) -> StepResult:
    now = context.now()
    if deploy.stop.scaling is not None and deploy.stop.scaling.may_be_suspended:
        return _retry(_alert_if_due(deploy, error, now))
    if not _fails_too_long(deploy, now):
        return _retry(deploy)
    stopped = deploy.stop.requested_at is not None
    if stopped and not _is_alert_due(deploy, now):
        return _retry(deploy)
    text = alerts.end_not_checked(deploy.retries.last_error, keeps_trying=stopped)
    reported = deploy.with_message(
        now, ThreadMessageKind.PROBLEM, text, broadcast=True, retries={"channel_alerted_at": now}
    )
    return _retry(reported) if stopped else StepResult(reported.in_phase(Phase.ENDED, now))


def _retry(deploy: Deploy) -> StepResult:
    return StepResult(deploy, delay=backoff_seconds(deploy.retries.attempts))


def _alert_if_due(deploy: Deploy, error: Exception, now: float) -> Deploy:
    """The service was changed and waits for this step, so the channel hears of the error again and again."""
    failing = now - (deploy.retries.failing_since or now)
    is_due = failing >= ALERT_AFTER_SECONDS
    if not isinstance(error, AwsUnavailable):
        is_due = is_due or deploy.retries.attempts >= ALERT_AFTER_TRIES
    if not is_due or not _is_alert_due(deploy, now):
        return deploy
    suspended = deploy.phase is Phase.SETTLING
    message = scaling.still_suspended if suspended else alerts.still_retrying
    return deploy.with_message(
        now,
        ThreadMessageKind.PROBLEM,
        message(deploy.retries.last_error, deploy.retries.attempts),
        broadcast=True,
        retries={"channel_alerted_at": now},
    )


def _is_alert_due(deploy: Deploy, now: float) -> bool:
    """Whether the last message in the channel was long enough ago."""
    return (
        deploy.retries.channel_alerted_at is None
        or now - deploy.retries.channel_alerted_at >= ALERT_INTERVAL_SECONDS
    )


def _fails_too_long(deploy: Deploy, now: float) -> bool:
    return now - (deploy.retries.failing_since or now) > deploy.service.deadline


def _is_stopped_by_redis_disk(deploy: Deploy, error: Exception, now: float) -> bool:
    """Whether a stopped service waits only for Redis's disk. A rollback does not need the disk."""
    failing = now - (deploy.retries.failing_since or now)
    stopped = deploy.stop.requested_at is not None
    return isinstance(error, NotOnDisk) and stopped and failing >= ALERT_AFTER_SECONDS


def _error_text(error: Exception, reference: str) -> str:
    return error.message if isinstance(error, SlipwayError) else InternalError(reference=reference).message


def _is_transient(error: Exception, deploy: Deploy) -> bool:
    """Whether another try can help."""
    if isinstance(error, AwsUnavailable | SlackUnsure | NotOnDisk):
        return True
    if isinstance(error, AwsDenied | AwsRefused | Refused):
        return False
    return deploy.retries.attempts < MAX_BUG_TRIES


def _may_have_changed_service(error: Exception, deploy: Deploy) -> bool:
    """Whether AWS did not answer a call that changes the service."""
    return (
        isinstance(error, AwsResultUnknown)
        and deploy.phase.facts.changes_service
        and error.facts["action"] not in OTHER_ACTIONS
    )


def _is_unchanged(deploy: Deploy, error: Exception) -> bool:
    """Whether the service is surely unchanged: no call was sent, or AWS refused the only one.

    If a worker died between the written intent and the answer, other errors do not tell whether the call was
    done.
    """
    if not deploy.phase.facts.before_change or deploy.ecs.update_uncertain:
        return False
    return (
        not tried_to_change(deploy)
        or isinstance(error, NotOnDisk)
        or (isinstance(error, AwsError) and error.facts["action"] == CHANGING_ACTION)
    )
