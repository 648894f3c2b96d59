"""Phase RESTORING_COUNT: the desired count that there was before is set again, until its tasks run. And the
last look at a count that a late call may have changed."""

from __future__ import annotations

from deploys.records.confirmations import Observation
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from workers.ecs import services
from workers.ecs.state import ServiceState
from workers.flows.count_change.count_status import CountStatus, count_tasks, judge_count, required_change
from workers.flows.count_change.setting import end_moved
from workers.flows.ending import confirm_service_deleted, confirm_twice, end_deploy, require_rollback_cause
from workers.flows.observe.deadline import rollback_deadline
from workers.messages import count_change as messages
from workers.step_context import StepContext, StepResult


def restore_count(deploy: Deploy, context: StepContext) -> StepResult:
    """One step towards the count before. A count that somebody else set is left."""
    change, now = required_change(deploy), context.now()
    ecs_service = context.read_service()
    if ecs_service is None or ecs_service.status != "ACTIVE":
        return confirm_service_deleted(deploy, context, ecs_service)
    deploy = deploy.evolve(rollout={"counts": count_tasks(ecs_service)})
    if change.before is None or change.before == change.wanted:
        return _end(deploy, context, messages.nothing_to_restore(deploy))
    overdue = now - deploy.phase_since > rollback_deadline(deploy)
    if overdue:
        return end_deploy(deploy, context, Outcome.FAILED, messages.not_restored(deploy, ecs_service.desired))
    if ecs_service.desired == change.wanted:
        return _set_back(deploy, context, change.before)
    status = judge_count(ecs_service, change.before)
    if status is CountStatus.MOVED:
        return end_moved(deploy, context, ecs_service)
    if status is CountStatus.REACHED:
        again = confirm_twice(deploy, context, Observation.ROLLBACK_DONE, soon=True)
        return again or _end(deploy, context, messages.restored(deploy))
    return StepResult(deploy.evolve(pending_confirmation=None), delay=context.timing.unannounced_seconds)


def settle_count(deploy: Deploy, context: StepContext) -> StepResult:
    """A call without an answer may have arrived after the count was set back. That is undone once."""
    change, now = required_change(deploy), context.now()
    ecs_service = context.read_service()
    undone = deploy.outcome in (Outcome.ROLLED_BACK, Outcome.CANCELLED)
    if not undone or not _is_changed_late(deploy, ecs_service) or change.before is None:
        return StepResult(deploy.in_phase(Phase.ENDED, now))
    text = messages.changed_after_end(deploy)
    deploy = deploy.with_message(
        now, ThreadMessageKind.PROBLEM, text, broadcast=True, rollout={"corrected_at": now}
    )
    return _set_back(deploy, context, change.before)


def _is_changed_late(deploy: Deploy, ecs_service: ServiceState | None) -> bool:
    """Whether the count that was set back is the new one after all. A second time somebody means it."""
    change = required_change(deploy)
    if ecs_service is None or ecs_service.status != "ACTIVE" or deploy.rollout.corrected_at is not None:
        return False
    return change.before != change.wanted and ecs_service.desired == change.wanted


def _set_back(deploy: Deploy, context: StepContext, count: int) -> StepResult:
    deploy = context.write_intent(deploy)
    context.guard()
    services.update(context.region, deploy.service.cluster, deploy.service.ecs_service, desired=count)
    return StepResult(deploy, delay=context.timing.unannounced_seconds)


def _end(deploy: Deploy, context: StepContext, text: str) -> StepResult:
    outcome = deploy.rollback.outcome or require_rollback_cause(deploy).kind.outcome
    return end_deploy(deploy, context, outcome, text)
