"""One step of the service scheduler for a service."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from sandbox.ecs import event_messages
from sandbox.ecs.records import Deployment, EcsService, EcsTask
from sandbox.ecs.region import EcsRegion
from sandbox.ecs.scheduler import (
    alarm_monitoring,
    deployment_transitions,
    service_deployment_status,
    shift_progress,
    task_counts,
)
from sandbox.ecs.scheduler.rolling_update import RollingCounts, is_blocked, next_move
from sandbox.ecs.tasks import task_shutdown


def reconcile(region: EcsRegion, arn: str) -> None:
    """Bring a service one step closer to its desired state. More steps follow when tasks change."""
    service = region.tables.services[arn]
    if service.status != "ACTIVE":
        _drain_deleted_service(region, service)
        return
    primary = region.tables.primary_of(arn)
    if primary is None:
        return
    deployment_transitions.mark_in_progress(region, service, primary)
    deployment_transitions.stop_or_roll_back(region, service, primary)
    service = region.tables.services[arn]
    primary = region.tables.primary_of(arn)
    assert primary is not None
    service_deployment = service_deployment_status.service_deployment_of(region, primary)
    shifts = (
        service_deployment is not None
        and service_deployment.is_in_progress
        and bool(service_deployment.stages)
    )
    if (
        shifts
        and service_deployment is not None
        and shift_progress.advance_stages(region, service, primary, service_deployment)
    ):
        _update_old_desired_counts(region, service, primary)
        return
    _reconcile_task_counts(region, service, primary)
    _complete_if_steady(region, region.tables.services[arn], region.tables.deployments[primary.id])


def _reconcile_task_counts(region: EcsRegion, service: EcsService, primary: Deployment) -> None:
    live = [task for task in region.tables.tasks_of(service.arn) if task.is_wanted]
    new = [task for task in live if task.deployment == primary.id]
    old = [task for task in live if task.deployment != primary.id]
    backing_off = task_counts.is_backing_off(region, primary)
    counts = RollingCounts(
        desired_count=service.desired_count,
        min_healthy=service.min_healthy_tasks,
        max_live=service.max_tasks,
        new_live=len(new),
        new_healthy=task_counts.count_healthy(new),
        old_live=len(old),
        old_healthy=task_counts.count_healthy(old),
        may_start=not backing_off,
        halted=primary.halted,
    )
    move = next_move(counts)
    if is_blocked(counts):
        event_messages.add_event_once(region, service.arn, event_messages.deployment_blocked())
    unhealthy = [task for task in old if not task.is_healthy]
    healthy = [task for task in task_counts.oldest_first(old) if task.is_healthy]
    task_counts.stop_tasks(
        region,
        service,
        (task_counts.least_useful_first(new), move.stop_new),
        (unhealthy, move.stop_old_unhealthy),
        (healthy, move.stop_old_healthy),
    )
    if move.start_new:
        task_counts.start_tasks(region, service, primary, move.start_new)
    elif backing_off and not primary.halted and len(new) < service.desired_count:
        task_counts.reconcile_at(region, service, primary.retry_at)
    _update_old_desired_counts(region, service, primary)


def _update_old_desired_counts(region: EcsRegion, service: EcsService, primary: Deployment) -> None:
    kept = [task.deployment for task in region.tables.tasks_of(service.arn) if task.is_wanted]
    for deployment in region.tables.deployments_of(service.arn):
        if deployment.id != primary.id and deployment.desired_count != kept.count(deployment.id):
            region.update_deployment(deployment.id, desired_count=kept.count(deployment.id))


def _complete_if_steady(region: EcsRegion, service: EcsService, primary: Deployment) -> None:
    """Complete the deployment and report a steady state, if that is so."""
    tasks = region.tables.tasks_of(service.arn)
    new = [task for task in tasks if task.is_wanted and task.deployment == primary.id]
    service_deployment = service_deployment_status.service_deployment_of(region, primary)
    if _is_early_success(service, primary, new, tasks) and not alarm_monitoring.is_baking(
        region, service, service_deployment
    ):
        deployment_transitions.complete_deployment(region, service, primary)
        primary = region.tables.deployments[primary.id]
    if primary.halted or len(new) != service.desired_count or task_counts.count_healthy(new) != len(new):
        return
    old = [task for task in tasks if task.deployment != primary.id]
    serving = [task for task in old if task.is_wanted or task.is_deactivating]
    service_deployment = service_deployment_status.service_deployment_of(region, primary)
    if serving:
        if (
            service_deployment is not None
            and service_deployment.status == "IN_PROGRESS"
            and service_deployment.lifecycle_stage != "CLEAN_UP"
        ):
            region.update_service_deployment(service_deployment.arn, lifecycle_stage="CLEAN_UP")
        return
    if alarm_monitoring.is_baking(region, service, service_deployment):
        return
    if primary.rollout_state == "IN_PROGRESS":
        deployment_transitions.complete_deployment(region, service, primary)
    deployment_transitions.deactivate_other_deployments(region, primary)
    if not service.is_steady:
        region.update_service(service.arn, is_steady=True)
        event_messages.add_event(region, service.arn, event_messages.steady_state())


def _is_early_success(
    service: EcsService, primary: Deployment, new: Sequence[EcsTask], tasks: Sequence[EcsTask]
) -> bool:
    """Whether earlySuccessCriteria end the deployment before all of its tasks are healthy.

    Amazon ECS API reference, DeploymentEarlySuccessCriteria: ECS goes on to full scale in the background, and
    removes the old tasks before that (BLOCKING) or after it (DEFERRED).
    """
    criteria = service.configuration.get("earlySuccessCriteria", {})
    if not criteria.get("enable") or primary.halted or primary.rollout_state != "IN_PROGRESS":
        return False
    if task_counts.count_healthy(new) < max(
        1, ceil(service.desired_count * criteria["healthyPercent"] / 100)
    ):
        return False
    old = [
        task for task in tasks if task.deployment != primary.id and (task.is_wanted or task.is_deactivating)
    ]
    return criteria["sourceServiceRevisionCleanup"] == "DEFERRED" or not old


def _drain_deleted_service(region: EcsRegion, service: EcsService) -> None:
    """A deleted service drains, and is INACTIVE when its last task has stopped."""
    tasks = region.tables.tasks_of(service.arn)
    live = [task for task in tasks if task.is_wanted]
    if live:
        task_shutdown.stop_by_scheduler(region, service, live)
    elif service.status == "DRAINING" and all(task.is_stopped for task in tasks):
        region.update_service(service.arn, status="INACTIVE")
        for deployment in region.tables.deployments_of(service.arn):
            region.update_deployment(deployment.id, status="INACTIVE")
