"""Deployments that shift traffic: both revisions run until the last stage.

Blue is the last completed revision, green the one that is being deployed.
"""

from __future__ import annotations

from sandbox.ecs.records import Deployment, EcsService, EcsTask, ServiceDeployment
from sandbox.ecs.region import EcsRegion
from sandbox.ecs.scheduler import lifecycle_hooks, task_counts
from sandbox.ecs.scheduler.shift_stages import CLEAN_UP

_STAGES_BEFORE_GREEN = ("RECONCILE_SERVICE", "PRE_SCALE_UP")


def enter_stage(region: EcsRegion, service_deployment: ServiceDeployment, index: int) -> ServiceDeployment:
    """Begin a stage: set its traffic weights, start its hooks and its time."""
    stage = service_deployment.stages[index]
    return region.update_service_deployment(
        service_deployment.arn,
        stage_index=index,
        stage_ends=region.now + region.time_scale.seconds(stage.min_seconds),
        lifecycle_stage=stage.name,
        production_percent=stage.production_percent,
        test_percent=stage.test_percent,
        hooks=(
            *service_deployment.hooks,
            *lifecycle_hooks.start_hooks(region, service_deployment, index, stage),
        ),
    )


def is_refused_by_hook(service_deployment: ServiceDeployment | None) -> bool:
    return (
        service_deployment is not None
        and service_deployment.status == "IN_PROGRESS"
        and any(hook.requires_rollback for hook in service_deployment.hooks)
    )


def advance_stages(
    region: EcsRegion, service: EcsService, primary: Deployment, service_deployment: ServiceDeployment
) -> bool:
    """Go on to the next stages as far as possible. Returns whether both revisions must still run."""
    while service_deployment.stages[service_deployment.stage_index].name != CLEAN_UP:
        _keep_both_revisions(region, service, primary, service_deployment)
        if not _can_leave_stage(region, service, primary, service_deployment):
            if service_deployment.stage_ends > region.now + task_counts.INSTANT_SECONDS:
                task_counts.reconcile_at(region, service, service_deployment.stage_ends)
            return True
        service_deployment = enter_stage(region, service_deployment, service_deployment.stage_index + 1)
    return False


def _can_leave_stage(
    region: EcsRegion, service: EcsService, primary: Deployment, service_deployment: ServiceDeployment
) -> bool:
    if service_deployment.stage_ends > region.now + task_counts.INSTANT_SECONDS:
        return False
    if any(
        hook.is_waiting
        for hook in service_deployment.hooks
        if hook.stage_index == service_deployment.stage_index
    ):
        return False
    tasks = region.tables.tasks_of(service.arn)
    stage = service_deployment.stages[service_deployment.stage_index].name
    if stage == "SCALE_UP":
        green = [task for task in tasks if task.is_wanted and task.deployment == primary.id]
        return len(green) == task_counts.count_healthy(green) == service.desired_count
    if stage == "RECONCILE_SERVICE":
        return not any(
            task.is_wanted or task.is_deactivating
            for task in _tasks_of_superseded_revisions(service, primary, tasks)
        )
    return True


def _keep_both_revisions(
    region: EcsRegion, service: EcsService, primary: Deployment, service_deployment: ServiceDeployment
) -> None:
    if primary.rolls_back:
        return
    live = [task for task in region.tables.tasks_of(service.arn) if task.is_wanted]
    strangers = _tasks_of_superseded_revisions(service, primary, live)
    if strangers:
        task_counts.stop_tasks(region, service, (strangers, len(strangers)))
    blue = region.tables.deployments.get(service.last_completed or "")
    if blue is not None:
        _keep_count(region, service, blue, live, service.desired_count)
    green_count = (
        0
        if service_deployment.stages[service_deployment.stage_index].name in _STAGES_BEFORE_GREEN
        else service.desired_count
    )
    _keep_count(region, service, primary, live, green_count)


def _tasks_of_superseded_revisions(
    service: EcsService, primary: Deployment, tasks: list[EcsTask]
) -> list[EcsTask]:
    """Tasks of neither blue nor green: their deployment was superseded halfway."""
    return [task for task in tasks if task.deployment not in (primary.id, service.last_completed)]


def _keep_count(
    region: EcsRegion, service: EcsService, deployment: Deployment, live: list[EcsTask], count: int
) -> None:
    own = [task for task in live if task.deployment == deployment.id]
    if len(own) > count:
        task_counts.stop_tasks(region, service, (task_counts.least_useful_first(own), len(own) - count))
    elif len(own) < count and not deployment.halted:
        if task_counts.is_backing_off(region, deployment):
            task_counts.reconcile_at(region, service, deployment.retry_at)
        else:
            task_counts.start_tasks(region, service, deployment, count - len(own))


def start_traffic_rollback(
    region: EcsRegion,
    service: EcsService,
    service_deployment: ServiceDeployment,
    blue_deployment: str,
    rollback_deployment: str,
) -> None:
    """The deployment that rolls back takes over the tasks of blue, which were kept."""
    for task in region.tables.tasks_of(service.arn):
        if task.is_wanted and task.deployment == blue_deployment:
            region.update_task(task.arn, deployment=rollback_deployment)
    enter_stage(region, service_deployment, 0)
