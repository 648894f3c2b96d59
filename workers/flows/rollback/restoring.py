"""Phases RESTORING and FOLLOWING_ROLLBACK: the recorded revision and count are brought back."""

from __future__ import annotations

from deploys.records.confirmations import Observation
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome
from workers.ecs.state import ServiceDeploymentState, ServiceState
from workers.flows.ending import confirm_service_deleted, confirm_twice, end_deploy
from workers.flows.observe.deadline import rollback_deadline
from workers.flows.observe.ecs_rollback import ecs_rollback_revision, is_at_ecs_rollback, note_ecs_rollback
from workers.flows.observe.failure_evidence import gather_evidence
from workers.flows.observe.image_comparison import report_restored_images
from workers.flows.observe.rollout_counts import count_rollout_tasks, read_service_deployment
from workers.flows.own_revisions import (
    is_own_revision,
    is_recorded_revision,
    recorded_revision,
)
from workers.flows.restore.rollback_progress import (
    ROLLBACK_STATUSES,
    with_rollback_begun,
)
from workers.flows.rollback.rollback_failures import report_rollback_failures, rollback_overdue_text
from workers.flows.rollback.rollback_retry import retry_rollback
from workers.flows.strategies.registry import strategy_of
from workers.messages import outcomes
from workers.step_context import StepContext, StepResult


def restore_service(deploy: Deploy, context: StepContext) -> StepResult:
    """Takes the next step towards the recorded revision and, if the service was stopped, its count."""
    ecs_service = context.read_service()
    if ecs_service is None or ecs_service.status != "ACTIVE":
        return confirm_service_deleted(deploy, context, ecs_service)
    if not is_own_revision(deploy, ecs_service.revision) and not is_at_ecs_rollback(deploy, ecs_service):
        return strategy_of(deploy).end_superseded(deploy, context, ecs_service)
    deploy = with_rollback_begun(deploy, context.now())
    return strategy_of(deploy).restore(deploy, context, ecs_service)


def follow_rollback(deploy: Deploy, context: StepContext) -> StepResult:
    """Reads the rollback once, until it is done."""
    now = context.now()
    ecs_service = context.read_service()
    if ecs_service is None or ecs_service.status != "ACTIVE":
        return confirm_service_deleted(deploy, context, ecs_service)
    service_deployment = read_service_deployment(context)
    deploy = note_ecs_rollback(
        deploy.evolve(rollout={"counts": count_rollout_tasks(deploy, ecs_service, service_deployment)}),
        ecs_service,
        service_deployment,
    )
    if _must_restore_again(deploy, ecs_service, service_deployment):
        return retry_rollback(deploy, context, ecs_service, rollback_deadline(deploy))
    if not is_own_revision(deploy, ecs_service.revision) and not is_at_ecs_rollback(deploy, ecs_service):
        return strategy_of(deploy).end_superseded(deploy, context, ecs_service)
    if is_restored(deploy, ecs_service, service_deployment):
        if is_restored_by_ecs(service_deployment):
            context.has_event_told_of_end()  # if none has, ECS is read often from now on
        else:
            is_new = _is_new_deployment(deploy, ecs_service)
            if again := confirm_twice(deploy, context, Observation.ROLLBACK_DONE, soon=True, final=is_new):
                return again
        return _finish_rollback(deploy, context, ecs_service)
    deploy = deploy.evolve(pending_confirmation=None)
    if now - deploy.phase_since > rollback_deadline(deploy):
        return end_deploy(
            deploy, context, Outcome.FAILED, rollback_overdue_text(deploy, context, ecs_service)
        )
    delay = context.timing.watch_seconds
    if service_deployment is None or service_deployment.status not in ROLLBACK_STATUSES:
        deploy = strategy_of(deploy).advance_rollback(deploy, context, ecs_service)
        delay = max(delay - context.timing.confirm_seconds, context.timing.confirm_seconds)
    return StepResult(report_rollback_failures(deploy, context, ecs_service), delay=delay)


def is_restored(
    deploy: Deploy, ecs_service: ServiceState, service_deployment: ServiceDeploymentState | None
) -> bool:
    """Whether the recorded revision serves again. Pure."""
    primary = ecs_service.primary
    if primary is None or not (
        is_recorded_revision(deploy, primary.revision) or is_at_ecs_rollback(deploy, ecs_service)
    ):
        return False
    if service_deployment is not None and service_deployment.status in ROLLBACK_STATUSES:
        return False
    if deploy.stop.owns_count and (ecs_service.desired == 0 or ecs_service.running < ecs_service.desired):
        return False
    if primary.rollout_state:
        return primary.rollout_state == "COMPLETED"
    return len(ecs_service.deployments) == 1 and ecs_service.running >= ecs_service.desired


def is_restored_by_ecs(service_deployment: ServiceDeploymentState | None) -> bool:
    """Whether ECS's record of our rollout says that it was rolled back. With the service itself, these are
    two reads. Pure."""
    return service_deployment is not None and service_deployment.status == "ROLLBACK_SUCCESSFUL"


def _is_new_deployment(deploy: Deploy, ecs_service: ServiceState) -> bool:
    """Whether the service is restored by another deployment than the one before the rollout. Pure."""
    before = deploy.ecs.previous_deployment_id
    return before is not None and ecs_service.primary is not None and ecs_service.primary.id != before


def _must_restore_again(
    deploy: Deploy, ecs_service: ServiceState, service_deployment: ServiceDeploymentState | None
) -> bool:
    """Whether the service neither has what was set nor moves there: a late write, a failed rollback. Pure."""
    if deploy.stop.owns_count and ecs_service.desired == 0:
        return True
    if is_recorded_revision(deploy, ecs_service.revision) or ecs_service.revision != deploy.ecs.new_revision:
        return False
    return service_deployment is None or service_deployment.status not in ROLLBACK_STATUSES


def _finish_rollback(deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> StepResult:
    restored = (
        ecs_rollback_revision(deploy) if is_at_ecs_rollback(deploy, ecs_service) else ecs_service.revision
    )
    recorded = recorded_revision(deploy)
    if deploy.stop.requested_at is not None:
        deploy = deploy.evolve(rollout={"serving_at": context.now()})
    deploy = report_restored_images(deploy, context, restored)
    if deploy.rollback.outcome is Outcome.CANCELLED:
        user = deploy.cancel.user if deploy.cancel else deploy.request.requester
        return end_deploy(
            deploy,
            context,
            Outcome.CANCELLED,
            outcomes.cancelled_and_rolled_back(deploy, restored, user, recorded=recorded),
        )
    text = outcomes.rolled_back(
        deploy,
        restored,
        deploy.outcome_reason,
        gather_evidence(deploy, context, ecs_service),
        recorded=recorded,
    )
    return end_deploy(deploy, context, deploy.rollback.outcome or Outcome.ROLLED_BACK, text)
