"""Ways to end: each writes the outcome, posts it in the thread and leads to the next phase."""

from __future__ import annotations

from deploys.mrkdwn import reason_sentence
from deploys.pre_task import pre_task_started
from deploys.records.confirmations import FINAL_IN_ECS, Observation, PendingConfirmation
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.records.rollback import RollbackCause, RollbackCauseKind
from deploys.records.thread_messages import ThreadMessageKind
from workers.ecs.state import ServiceDeploymentState, ServiceState
from workers.flows.observe.rollout_counts import followed_rollout
from workers.flows.observe.rollout_status import RolloutStatus, is_shown_twice
from workers.flows.own_revisions import rollback_revision
from workers.messages import approval, count_change, outcomes, pre_task, progress, rollback_reasons
from workers.messages.evidence import NO_EVIDENCE, Evidence
from workers.step_context import StepContext, StepResult

TOLD_CONFIRM_SECONDS = 0.3
"""Until the second read, if an event of ECS told of the end, too (seconds)."""


def end_deploy(
    deploy: Deploy, context: StepContext, outcome: Outcome, text: str, *, quiet: bool = False
) -> StepResult:
    """The outcome is known. If a late call could still change the service, SETTLING reads it once more.

    SETTLING also puts the scaling back and removes the restore tags of a stopped service, both at once. How a
    command ends concerns its thread alone.
    """
    now = context.now()
    if deploy.cancel and Outcome.CANCELLED not in (outcome, deploy.rollback.outcome):
        text = f"{text} {outcomes.cancel_came_too_late(deploy.cancel.user)}"
    if outcome is not Outcome.SUCCEEDED and deploy.verb.sets_version and pre_task_started(deploy):
        text = f"{text}{pre_task.side_effects_remain(deploy, outcome)}"
    ended = deploy.with_message(
        now,
        ThreadMessageKind.END,
        text,
        broadcast=outcome.facts.broadcast and not quiet and deploy.verb is not Verb.RUN,
        outcome=outcome,
        ended_at=now,
        rollback={"outcome": None},
        stop={"old_tasks": ()},
        rollout={"old_tasks": (), "new_tasks": ()},
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
    deploy: Deploy,
    context: StepContext,
    observation: Observation,
    key: str = "",
    *,
    soon: bool = False,
    final: bool = False,
) -> StepResult | None:
    """A read may be some seconds old, so what would end a deploy or turn it back has to be seen by two reads.

    final: this one shows something that no older read can show.

    None if this read is the second one.
    """
    if deploy.awaits_confirmation(observation, key):
        return None
    pending = PendingConfirmation(observation=observation, key=key)
    delay = context.timing.confirm_seconds * (1 if soon else 2)
    if (final or observation in FINAL_IN_ECS) and context.has_event_told_of_end():
        delay = min(delay, TOLD_CONFIRM_SECONDS)
    return StepResult(deploy.evolve(pending_confirmation=pending), delay=delay)


def confirm_end(
    deploy: Deploy,
    context: StepContext,
    status: RolloutStatus,
    ecs_service: ServiceState | None,
    service_deployment: ServiceDeploymentState | None,
) -> StepResult | None:
    """None if two reads agree about this end of a rollout: those of the service and of ECS's record of the
    rollout, which this step made, or one of a step before."""
    if is_shown_twice(status, followed_rollout(deploy), ecs_service, service_deployment):
        context.has_event_told_of_end()  # if none has, ECS is read often from now on
        return None
    return confirm_twice(deploy, context, status.observation, soon=True)


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
    """ECS does not have the service any more."""
    status = ecs_service.status if ecs_service else ""
    return confirm_twice(deploy, context, Observation.SERVICE_DELETED, status) or end_service_deleted(
        deploy, context, ecs_service
    )


def end_service_deleted(deploy: Deploy, context: StepContext, ecs_service: ServiceState | None) -> StepResult:
    """The same, after two reads agree."""
    status = ecs_service.status if ecs_service else ""
    failed = deploy.evolve(end_reason=outcomes.service_deleted(status))
    return end_deploy(failed, context, Outcome.FAILED, outcomes.failed_service_deleted(status))


def end_cancelled(deploy: Deploy, context: StepContext) -> StepResult:
    """Cancelled before the service was changed."""
    user, reason = cancelled_by(deploy)
    withdrawn = pre_task.withdrawn if _has_side_effects(deploy) else approval.withdrawn
    return end_deploy(with_typed_reason(deploy, reason), context, Outcome.CANCELLED, withdrawn(user, reason))


def with_typed_reason(deploy: Deploy, reason: str) -> Deploy:
    """The deploy that ends for what a person typed; as it is if they typed nothing."""
    return deploy.evolve(end_reason=reason_sentence(reason)) if reason.strip() else deploy


def end_refused(deploy: Deploy, context: StepContext, reason: str) -> StepResult:
    """A check refused the deploy before the service was changed."""
    text = pre_task.refused(reason) if _has_side_effects(deploy) else outcomes.refused(reason)
    return end_deploy(deploy.evolve(end_reason=reason), context, Outcome.REFUSED, text)


def _has_side_effects(deploy: Deploy) -> bool:
    """Whether something else than the service was changed: a revision is registered, the pre-task has run, or
    scaling is still suspended.
    """
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
    """From here on, the recorded revision and count are brought back.

    evidence: what was not reported yet. text: posted instead of the reason, if the thread knows the reason
    already.
    """
    now = context.now()
    cancelled = cause is RollbackCauseKind.CANCELLED
    if text is None and deploy.count_change is not None:
        text = count_change.scaling_back(deploy, sentence, evidence)
    rolling_back = deploy.with_message(
        now,
        ThreadMessageKind.PROGRESS if cancelled else ThreadMessageKind.PROBLEM,
        text or progress.rolling_back(sentence, rollback_revision(deploy), evidence),
        rollback={"outcome": cause.outcome},
    ).with_rollback_cause(cause, sentence)
    phase = Phase.RESTORING if deploy.count_change is None else Phase.RESTORING_COUNT
    return StepResult(rolling_back.in_phase(phase, now))


def roll_back_cancelled(deploy: Deploy, context: StepContext) -> StepResult:
    """Starts the rollback that a person's cancel asks for."""
    sentence = rollback_reasons.cancelled_by(*cancelled_by(deploy))
    return start_rollback(deploy, context, RollbackCauseKind.CANCELLED, sentence)


def cancelled_by(deploy: Deploy) -> tuple[str, str]:
    """Who cancelled it, and why."""
    cancel = deploy.cancel
    return (cancel.user, cancel.reason) if cancel else (deploy.request.requester, "")


def require_rollback_cause(deploy: Deploy) -> RollbackCause:
    """Why the deploy is rolled back. It is written before the steps that need it."""
    if deploy.rollback.cause is None:
        raise ValueError(f"deploy {deploy.id} is rolled back without a cause")
    return deploy.rollback.cause
