"""Ways to end: each writes the outcome, tells the thread and leads to the phase that follows."""

from __future__ import annotations

from deploys.pre_task import pre_task_started
from deploys.records.deploy import Deploy, Outcome, Phase, ThreadMessageKind
from workers.ecs.state import ServiceState
from workers.flows.observe.failure_evidence import NO_EVIDENCE, Evidence
from workers.flows.own_revisions import rollback_revision
from workers.messages import approval, outcomes, pre_task, progress
from workers.step_context import StepContext, StepResult

BROADCAST_OUTCOMES = {Outcome.FAILED, Outcome.ROLLED_BACK, Outcome.SUPERSEDED, Outcome.REFUSED}
"""Outcomes that are also shown in the channel."""


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
        broadcast=outcome in BROADCAST_OUTCOMES and not quiet,
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


def confirm_twice(deploy: Deploy, context: StepContext, observation: str) -> StepResult | None:
    """A read may be some seconds old, so what would end or turn a deploy has to be seen twice.

    None when it was: then it stands.
    """
    if deploy.pending_confirmation == observation:
        return None
    return StepResult(deploy.evolve(pending_confirmation=observation), delay=context.timing.watch_seconds)


def confirm_superseded(deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> StepResult:
    """Somebody else's deployment has the service."""
    primary = ecs_service.primary.id if ecs_service.primary else ""
    text = outcomes.superseded(deploy, ecs_service.revision, primary)
    return confirm_twice(deploy, context, f"superseded {primary}") or end_deploy(
        deploy, context, Outcome.SUPERSEDED, text
    )


def confirm_service_deleted(
    deploy: Deploy, context: StepContext, ecs_service: ServiceState | None
) -> StepResult:
    """ECS has no such service any more."""
    status = ecs_service.status if ecs_service else ""
    return confirm_twice(deploy, context, f"gone {status}") or end_service_deleted(
        deploy, context, ecs_service
    )


def end_service_deleted(deploy: Deploy, context: StepContext, ecs_service: ServiceState | None) -> StepResult:
    """The same, where two looks agree on it."""
    status = ecs_service.status if ecs_service else ""
    failed = deploy.evolve(outcome_reason=outcomes.service_deleted(status))
    return end_deploy(failed, context, Outcome.FAILED, outcomes.failed_service_deleted(status))


def end_cancelled(deploy: Deploy, context: StepContext) -> StepResult:
    """Cancelled before the service was touched."""
    user = deploy.cancel.user if deploy.cancel else deploy.request.requester
    text = pre_task.withdrawn(user) if _has_side_effects(deploy) else approval.withdrawn(user)
    return end_deploy(deploy, context, Outcome.CANCELLED, text)


def end_refused(deploy: Deploy, context: StepContext, reason: str) -> StepResult:
    """A check said no before the service was touched."""
    text = pre_task.refused(reason) if _has_side_effects(deploy) else outcomes.refused(reason)
    return end_deploy(deploy.evolve(outcome_reason=reason), context, Outcome.REFUSED, text)


def _has_side_effects(deploy: Deploy) -> bool:
    """Whether something was changed, though not the service: a revision is registered, a task has run, or
    scaling is suspended yet."""
    suspended = deploy.stop.scaling is not None and deploy.stop.scaling.may_be_suspended
    return deploy.has_new_revision or pre_task_started(deploy) or suspended


def start_rollback(
    deploy: Deploy,
    context: StepContext,
    outcome: Outcome,
    reason: str,
    evidence: Evidence = NO_EVIDENCE,
    *,
    text: str | None = None,
) -> StepResult:
    """From here the recorded revision and count are brought back. why: what was not told yet.

    told: what is said instead, where the thread was told already that it goes back, and why.
    """
    now = context.now()
    revision = rollback_revision(deploy)
    rolling_back = deploy.with_message(
        now,
        ThreadMessageKind.PROBLEM if outcome is not Outcome.CANCELLED else ThreadMessageKind.PROGRESS,
        text or progress.rolling_back(reason, revision, evidence),
        rollback={"outcome": outcome},
        outcome_reason=reason,
    )
    return StepResult(rolling_back.in_phase(Phase.RESTORING, now))
