"""Phase UPDATING: the service is pointed at the new revision; ECS replaces the tasks."""

from __future__ import annotations

import structlog

from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.rollback import RollbackCauseKind
from deploys.records.thread_messages import ThreadMessageKind
from workers.ecs import services, task_definitions
from workers.ecs.state import DeploymentState
from workers.flows.best_effort import attempt
from workers.flows.ending import (
    confirm_service_deleted,
    confirm_superseded,
    end_cancelled,
    rollback_revision,
    start_rollback,
)
from workers.flows.observe.image_comparison import record_running_images
from workers.flows.observe.our_deployment import follow_our_deployment, with_update_intent
from workers.flows.plan.healthy_percent import check_healthy_percent
from workers.messages import progress, rollback_reasons
from workers.step_context import StepContext, StepResult

log = structlog.get_logger()


def update_service(deploy: Deploy, context: StepContext) -> StepResult:
    """Updates the service, or finds that an earlier try already did."""
    service = deploy.service
    seen = context.read_service()
    if seen is None or seen.status != "ACTIVE":
        return confirm_service_deleted(deploy, context, seen)
    if seen.revision == deploy.ecs.new_revision:
        return follow_our_deployment(deploy, context, seen, with_started_rollout)
    if deploy.cancel:
        return _cancel_update(deploy, context)
    if seen.revision != rollback_revision(deploy):
        return confirm_superseded(deploy, context, seen)
    if not deploy.ecs.update_tried:
        check_healthy_percent(service, seen)  # the count may be another since the plan
    deploy = context.write_intent(with_update_intent(record_running_images(deploy, context), seen))
    if not deploy.has_new_revision and deploy.ecs.new_revision is not None:
        tag_rollback_revision(deploy, context, deploy.ecs.new_revision, replaces=rollback_revision(deploy))
    context.guard()
    updated = services.update(
        context.region, service.cluster, service.ecs_service, revision=deploy.ecs.new_revision
    )
    return follow_our_deployment(deploy, context, updated, with_started_rollout)


def tag_rollback_revision(deploy: Deploy, context: StepContext, revision: str, *, replaces: str) -> None:
    """Before an update to a revision that was there before, which carries the id of another deploy if any:
    tells that this rollout is ours, should the record forget it.

    A mark that AWS does not take keeps nobody from going back.
    """
    context.guard()
    failed = attempt(lambda: task_definitions.tag_for_rollback(context.region, revision, deploy.id, replaces))
    if failed is not None:
        log.warning("the revision could not be marked", deploy=deploy.id, error=failed.message)


def with_started_rollout(deploy: Deploy, made: DeploymentState, now: float) -> Deploy:
    """The deploy with the identity of its rollout."""
    ours = deploy.evolve(ecs={"deployment_id": made.id, "rollout_started_at": now})
    told = ours.with_message(now, ThreadMessageKind.PROGRESS, progress.rollout_started(ours))
    return told.in_phase(Phase.FOLLOWING, now)


def _cancel_update(deploy: Deploy, context: StepContext) -> StepResult:
    if not deploy.ecs.update_tried:
        return end_cancelled(deploy, context)
    user = deploy.cancel.user if deploy.cancel else deploy.request.requester
    return start_rollback(
        deploy.evolve(ecs={"update_uncertain": True}),
        context,
        RollbackCauseKind.CANCELLED,
        rollback_reasons.cancelled_by(user),
    )
