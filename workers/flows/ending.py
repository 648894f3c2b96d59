"""Ways to end: each writes the outcome, tells the thread and leads to the phase that follows."""

from __future__ import annotations

from deploys.pre_task import pre_task_started
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.retries import Observation, PendingConfirmation
from deploys.records.rollback import RollbackCause, RollbackCauseKind
from deploys.records.thread_messages import ThreadMessageKind
from workers.ecs.state import ServiceState
from workers.flows.own_revisions import rollback_revision
from workers.messages import approval, outcomes, pre_task, progress, rollback_reasons
from workers.messages.evidence import NO_EVIDENCE, Evidence
from workers.step_context import StepContext, StepResult


def end_deploy(
    deploy: Deploy, context: StepContext, outcome: Outcome, text: str, *, quiet: bool = False
) -> StepResult:
    """The outcome is known. Where a late call could still change the service, it is looked at once more.

    A service that was marked to be restored goes through SETTLING too: there its scaling is put back, at
    once, and the mark is taken off.
    """
    now = context.now()
    if deploy.cancel and Outcome.CANCELLED not in (outcome, deploy.rollback.outcome):
        text = f"{text} {outcomes.cancel_came_too_late(deploy.cancel.user)}"
    if outcome is not Outcome.SUCCEEDED and pre_task_started(deploy):
        text = f"{text}{pre_task.side_effects_remain(deploy, outcome)}"
    ended = deploy.with_message(
        now,
        ThreadMessageKind.END,
        text,
        broadcast=outcome.facts.broadcast and not quiet,
        outcome=outcome,
        ended_at=now,
        rollback={"outcome": None},
        stop={"old_tasks": ()},
        retries={"last_error": ""},
    )
    if deploy.stop.scaling is not None and deploy.stop.scaling.may_be_suspended:
        return StepResult(ended.in_phase(Phase.SETTLING, now))
    if deploy.stop.requested_at is not None or deploy.ecs.update_uncertain:
        return StepResult(ended.in_phase(Phase.SETTLING, now), delay=context.timing.settle_seconds)
    if deploy.stop.owns_count:
        return StepResult(ended.in_phase(Phase.SETTLING, now))
    return StepResult(ended.in_phase(Phase.ENDED, now))


def confirm_twice(
    deploy: Deploy, context: StepContext, observation: Observation, key: str = "", *, soon: bool = False
) -> StepResult | None:
    """The next read, if this is the first one that shows this; None if two reads in a row agree.

    A read may be some seconds old, so what would end or turn a deploy has to be seen twice.

    key: tells two observations of one kind apart. soon: after half the usual time.
    """
    if deploy.awaits_confirmation(observation, key):
        return None
    pending = PendingConfirmation(observation=observation, key=key)
    delay = context.timing.watch_seconds / 2 if soon else context.timing.watch_seconds
    return StepResult(deploy.evolve(pending_confirmation=pending), delay=delay)


def confirm_superseded(deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> StepResult:
    """Somebody else's deployment has the service."""
    primary = ecs_service.primary.id if ecs_service.primary else ""
    text = outcomes.superseded(deploy, ecs_service.revision, primary)
    return confirm_twice(deploy, context, Observation.SUPERSEDED, primary) or end_deploy(
        deploy, context, Outcome.SUPERSEDED, text
    )


def confirm_service_deleted(
    deploy: Deploy, context: StepContext, ecs_service: ServiceState | None
) -> StepResult:
    """ECS has no such service any more."""
    status = ecs_service.status if ecs_service else ""
    return confirm_twice(deploy, context, Observation.SERVICE_DELETED, status) or end_service_deleted(
        deploy, context, ecs_service
    )


def end_service_deleted(deploy: Deploy, context: StepContext, ecs_service: ServiceState | None) -> StepResult:
    """The same, where two looks agree on it."""
    status = ecs_service.status if ecs_service else ""
    failed = deploy.evolve(end_reason=outcomes.service_deleted(status))
    return end_deploy(failed, context, Outcome.FAILED, outcomes.failed_service_deleted(status))


def end_cancelled(deploy: Deploy, context: StepContext) -> StepResult:
    """Cancelled before the service was touched."""
    user = deploy.cancel.user if deploy.cancel else deploy.request.requester
    text = pre_task.withdrawn(user) if _has_side_effects(deploy) else approval.withdrawn(user)
    return end_deploy(deploy, context, Outcome.CANCELLED, text)


def end_refused(deploy: Deploy, context: StepContext, reason: str) -> StepResult:
    """A check said no before the service was touched."""
    text = pre_task.refused(reason) if _has_side_effects(deploy) else outcomes.refused(reason)
    return end_deploy(deploy.evolve(end_reason=reason), context, Outcome.REFUSED, text)


def _has_side_effects(deploy: Deploy) -> bool:
    """Whether something was changed, though not the service: a revision is registered, a task has run, or
    scaling is suspended yet."""
    suspended = deploy.stop.scaling is not None and deploy.stop.scaling.may_be_suspended
    return deploy.has_new_revision or pre_task_started(deploy) or suspended


def start_rollback(
    deploy: Deploy,
    context: StepContext,
    cause: RollbackCauseKind,
    sentence: str,
    evidence: Evidence = NO_EVIDENCE,
    *,
    text: str | None = None,
) -> StepResult:
    """Starts to bring back the recorded revision and count.

    sentence: the cause, for people. evidence: what was not reported yet. text: the message, if the thread
    knows already that the deploy rolls back, and why.
    """
    now = context.now()
    cancelled = cause is RollbackCauseKind.CANCELLED
    rolling_back = deploy.with_message(
        now,
        ThreadMessageKind.PROGRESS if cancelled else ThreadMessageKind.PROBLEM,
        text or progress.rolling_back(sentence, rollback_revision(deploy), evidence),
        rollback={"outcome": cause.outcome},
    ).with_rollback_cause(cause, sentence)
    return StepResult(rolling_back.in_phase(Phase.RESTORING, now))


def roll_back_cancelled(deploy: Deploy, context: StepContext) -> StepResult:
    """Starts the rollback that a person's cancel asks for."""
    user = deploy.cancel.user if deploy.cancel else deploy.request.requester
    return start_rollback(deploy, context, RollbackCauseKind.CANCELLED, rollback_reasons.cancelled_by(user))


def require_rollback_cause(deploy: Deploy) -> RollbackCause:
    """Why the deploy is rolled back. It is written before the steps that need it."""
    if deploy.rollback.cause is None:
        raise ValueError(f"deploy {deploy.id} is rolled back without a cause")
    return deploy.rollback.cause
