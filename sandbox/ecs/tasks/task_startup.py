"""How tasks start: PROVISIONING, PENDING, ACTIVATING, RUNNING, and healthy or not."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from sandbox.ecs import circuit_breaker, event_messages, words_of_others
from sandbox.ecs.aws_services.ecr_images import ImageBehaviour, ResolvedImage
from sandbox.ecs.records import EcsService, EcsTask, TaskContainer
from sandbox.ecs.region import EcsRegion
from sandbox.ecs.tasks import container_logs, task_commands, task_shutdown

ResolvedImages = dict[str, ResolvedImage]
_BEHAVIOURS_WORST_FIRST = (
    ImageBehaviour.MISSING,
    ImageBehaviour.CRASH,
    ImageBehaviour.UNHEALTHY,
    ImageBehaviour.SLOW,
)


def start_task(region: EcsRegion, arn: str) -> None:
    region.schedule_after(region.durations.provisioning, partial(_start_pull, region, arn))


def _if_still(region: EcsRegion, arn: str, status: str) -> EcsTask | None:
    """The task if it still has this status and was not stopped since this step was scheduled."""
    task = region.tables.tasks.get(arn)
    return task if task is not None and task.is_wanted and task.last_status == status else None


def _worst_behaviour(task: EcsTask, images: ResolvedImages) -> ImageBehaviour:
    """The behaviour of the whole task. A container that is not essential can delay a task, but not fail
    it."""
    behaviours = {images[each.name].behaviour for each in task.containers if each.essential}
    if any(image.behaviour is ImageBehaviour.SLOW for image in images.values()):
        behaviours.add(ImageBehaviour.SLOW)
    return next(
        (behaviour for behaviour in _BEHAVIOURS_WORST_FIRST if behaviour in behaviours), ImageBehaviour.GOOD
    )


def _start_pull(region: EcsRegion, arn: str) -> None:
    task = _if_still(region, arn, "PROVISIONING")
    if task is None:
        return
    images = {
        each.name: region.images.resolve(_image_to_pull(region, task, each)) for each in task.containers
    }
    region.update_task(arn, last_status="PENDING", connected_at=region.now, pull_started_at=region.now)
    lifetimes = region.durations
    worst = _worst_behaviour(task, images)
    first = next(each for each in task.containers if each.essential)
    if reason := words_of_others.reason_not_to_start(region, task, first.image):
        region.schedule_after(lifetimes.failing_pull, partial(_fail_start, region, arn, first, reason))
        return
    if worst is ImageBehaviour.MISSING:
        region.schedule_after(lifetimes.failing_pull, partial(_fail_pull, region, arn, images))
        return
    seconds = lifetimes.slow_pulling if worst is ImageBehaviour.SLOW else lifetimes.pulling
    region.schedule_after(seconds, partial(_activate, region, arn, images))


def _image_to_pull(region: EcsRegion, task: EcsTask, container: TaskContainer) -> str:
    """The image to pull: for a service's task the digest that its deployment resolved the image to (version
    consistency), unless the container disables that."""
    defined = region.task_definition(task.task_definition).containers
    content = next(each for each in defined if each["name"] == container.name)
    if task.deployment is None or content.get("versionConsistency") == "disabled":
        return container.image
    revision = region.tables.revisions[region.tables.deployments[task.deployment].revision]
    resolved = {each["containerName"]: each.get("imageDigest") for each in revision.images}
    digest = resolved.get(container.name)
    return f"{container.image.partition('@')[0]}@{digest}" if digest else container.image


def _fail_pull(region: EcsRegion, arn: str, images: ResolvedImages) -> None:
    missing = next(
        each
        for each in region.tables.tasks[arn].containers
        if each.essential and images[each.name].behaviour is ImageBehaviour.MISSING
    )
    _fail_start(region, arn, missing, _pull_error(missing))


def _fail_start(region: EcsRegion, arn: str, failed: TaskContainer, reason: str) -> None:
    task = _if_still(region, arn, "PENDING")
    if task is None:
        return
    containers = tuple(replace(c, reason=reason) if c.name == failed.name else c for c in task.containers)
    region.update_task(arn, containers=containers)
    task_shutdown.stop_failed(region, arn, "TaskFailedToStart", reason)


def _pull_error(container: TaskContainer) -> str:
    return (
        f"CannotPullContainerError: pull image manifest has been retried 1 time(s): "
        f"failed to resolve ref {container.image}: {container.image}: not found"
    )


def _activate(region: EcsRegion, arn: str, images: ResolvedImages) -> None:
    task = _if_still(region, arn, "PENDING")
    if task is None:
        return
    containers = tuple(
        replace(container, last_status="STOPPED", reason=_pull_error(container))
        if images[container.name].behaviour is ImageBehaviour.MISSING
        else replace(
            container,
            image_digest=images[container.name].digest,
            runtime_id=f"{task.id}-{region.ids.new_hex_id(8)}",
        )
        for container in task.containers
    )
    region.update_task(arn, last_status="ACTIVATING", pull_stopped_at=region.now, containers=containers)
    region.schedule_after(region.durations.activating, partial(_start_containers, region, arn, images))


def _start_containers(region: EcsRegion, arn: str, images: ResolvedImages) -> None:
    task = _if_still(region, arn, "ACTIVATING")
    if task is None:
        return
    containers = tuple(
        container if container.reason else replace(container, last_status="RUNNING")
        for container in task.containers
    )
    task = region.update_task(arn, last_status="RUNNING", started_at=region.now, containers=containers)
    service = region.tables.services[task.service] if task.service else None
    container_logs.log_startup(region, task)
    if service is not None and service.target_groups:
        task = region.update_task(arn, is_target=True)
        for balancer in service.target_groups:
            event_messages.add_event(
                region, service.arn, event_messages.targets_registered(balancer["targetGroupArn"])
            )
    _schedule_outcome(region, task, service, images)
    if service is not None:
        region.schedule_reconcile(service.arn)


def _schedule_outcome(
    region: EcsRegion, task: EcsTask, service: EcsService | None, images: ResolvedImages
) -> None:
    lifetimes = region.durations
    worst = _worst_behaviour(task, images)
    if worst is ImageBehaviour.CRASH:
        crashing = next(
            c.name
            for c in task.containers
            if c.essential and images[c.name].behaviour is ImageBehaviour.CRASH
        )
        region.schedule_after(lifetimes.until_crash, partial(_crash, region, task.arn, crashing))
        return
    task_commands.start_command(region, task)
    if not _has_health_check(task, service):
        region.schedule_exactly_after(
            lifetimes.until_trusted_without_checks, partial(_become_healthy, region, task.arn)
        )
    elif worst is ImageBehaviour.UNHEALTHY:
        grace = service.grace_period if service is not None else 0.0
        region.schedule_after(
            grace + lifetimes.until_unhealthy, partial(_become_unhealthy, region, task.arn, images)
        )
    else:
        slow = worst is ImageBehaviour.SLOW
        seconds = lifetimes.slow_until_healthy if slow else lifetimes.until_healthy
        region.schedule_after(seconds, partial(_become_healthy, region, task.arn))


def _has_health_check(task: EcsTask, service: EcsService | None) -> bool:
    """Whether a load balancer or a health check of an essential container checks the task."""
    balanced = service is not None and bool(service.target_groups)
    return balanced or any(
        container.has_health_check and container.essential for container in task.containers
    )


def _become_healthy(region: EcsRegion, arn: str) -> None:
    task = _if_still(region, arn, "RUNNING")
    if task is None:
        return
    region.update_task(arn, is_healthy=True, containers=_with_health(task.containers, "HEALTHY"))
    if task.deployment is not None:
        circuit_breaker.record_healthy(region, task.deployment)


def _with_health(containers: tuple[TaskContainer, ...], health: str) -> tuple[TaskContainer, ...]:
    return tuple(replace(c, health=health) if c.has_health_check else c for c in containers)


def _become_unhealthy(region: EcsRegion, arn: str, images: ResolvedImages) -> None:
    task = _if_still(region, arn, "RUNNING")
    if task is None:
        return
    unhealthy = tuple(
        replace(c, health="UNHEALTHY" if images[c.name].behaviour is ImageBehaviour.UNHEALTHY else "HEALTHY")
        if c.has_health_check
        else c
        for c in task.containers
    )
    region.update_task(arn, containers=unhealthy)
    if task.service is None:
        return
    service = region.tables.services[task.service]
    if not service.target_groups:
        event_messages.add_event(region, service.arn, event_messages.container_checks_failed(task))
        task_shutdown.stop_failed(
            region, arn, "ServiceSchedulerInitiated", "Task failed container health checks"
        )
        return
    balancer = service.target_groups[0]
    group = balancer["targetGroupArn"]
    event_messages.add_event(
        region, service.arn, event_messages.unhealthy_target(balancer["containerPort"], group)
    )
    task_shutdown.stop_failed(
        region, arn, "ServiceSchedulerInitiated", f"Task failed ELB health checks in (target-group {group})"
    )


def _crash(region: EcsRegion, arn: str, name: str) -> None:
    task = _if_still(region, arn, "RUNNING")
    if task is None:
        return
    container_logs.log_crash(region, task, name)
    task_shutdown.stop_exited(region, arn, name, exit_code=1)
