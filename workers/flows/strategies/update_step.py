"""Phase UPDATING: the service gets the new revision, and ECS replaces the tasks."""

from __future__ import annotations

from deploys.records.deploy import Deploy
from workers.ecs import services
from workers.flows.ending import (
    confirm_service_deleted,
    confirm_superseded,
    end_cancelled,
    roll_back_cancelled,
)
from workers.flows.first_change import check_first_change
from workers.flows.observe.image_comparison import record_running_images
from workers.flows.own_revisions import rollback_revision
from workers.flows.restore.rollback_progress import tag_rollback_revision
from workers.flows.strategies.our_deployment import follow_our_deployment, with_update_intent
from workers.flows.strategies.registry import strategy_of
from workers.messages import progress
from workers.step_context import StepContext, StepResult


def update_service(deploy: Deploy, context: StepContext) -> StepResult:
    """Updates the service, or finds that an earlier try already did."""
    service = deploy.service
    ecs_service = context.read_service()
    if ecs_service is None or ecs_service.status != "ACTIVE":
        return confirm_service_deleted(deploy, context, ecs_service)
    if ecs_service.revision == deploy.ecs.new_revision:
        return follow_our_deployment(deploy, context, ecs_service, progress.rollout_started)
    if deploy.cancel:
        return _cancel_update(deploy, context)
    if ecs_service.revision != rollback_revision(deploy):
        return confirm_superseded(deploy, context, ecs_service)
    if not deploy.ecs.update_tried:
        deploy = check_first_change(deploy, context)
        strategy_of(deploy).check_count(service, ecs_service)  # the count may have changed since the plan
    deploy = context.write_intent(with_update_intent(record_running_images(deploy, context), ecs_service))
    if not deploy.has_new_revision and deploy.ecs.new_revision is not None:
        tag_rollback_revision(deploy, context, deploy.ecs.new_revision, replaces=rollback_revision(deploy))
    context.guard()
    updated = services.update(
        context.region, service.cluster, service.ecs_service, revision=deploy.ecs.new_revision
    )
    return follow_our_deployment(deploy, context, updated, progress.rollout_started)


def _cancel_update(deploy: Deploy, context: StepContext) -> StepResult:
    if not deploy.ecs.update_tried:
        return end_cancelled(deploy, context)
    return roll_back_cancelled(deploy.evolve(ecs={"update_uncertain": True}), context)
