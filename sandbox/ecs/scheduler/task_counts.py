"""Counts, chooses, starts and stops the tasks of a deployment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sandbox.ecs import event_messages
from sandbox.ecs.aws_services.ecr_images import ImageBehaviour
from sandbox.ecs.records import Deployment, EcsService, EcsTask
from sandbox.ecs.region import EcsRegion
from sandbox.ecs.tasks import task_launch, task_shutdown

INSTANT_SECONDS = 1e-6
"""Times closer than this are the same."""


def count_healthy(tasks: Iterable[EcsTask]) -> int:
    return sum(task.is_healthy for task in tasks)


def least_useful_first(tasks: Iterable[EcsTask]) -> list[EcsTask]:
    """Unhealthy tasks first, and younger ones before older ones."""
    return sorted(tasks, key=lambda task: (task.is_healthy, -task.created_at))


def oldest_first(tasks: Iterable[EcsTask]) -> list[EcsTask]:
    return sorted(tasks, key=lambda task: task.created_at)


def is_backing_off(region: EcsRegion, deployment: Deployment) -> bool:
    """Whether tasks failed or could not be placed a short time ago, so that none is started yet."""
    return deployment.retry_at > region.now + INSTANT_SECONDS


def reconcile_at(region: EcsRegion, service: EcsService, at: float) -> None:
    """Reconcile the service at that time, or earlier."""
    region.schedule_reconcile(service.arn, max(0.0, at - region.now) * region.time_scale.speed)


def stop_tasks(region: EcsRegion, service: EcsService, *groups: tuple[Sequence[EcsTask], int]) -> None:
    """Stop the given number of tasks of each group, all together; fewer if too many of them are protected."""
    chosen: list[EcsTask] = []
    protected = 0
    for tasks, count in groups:
        free = [task for task in tasks if not task.is_protected(region.now)]
        chosen += free[:count]
        if len(free) < count:
            protected += len(tasks) - len(free)
    if protected:
        event_messages.add_event_once(region, service.arn, event_messages.cannot_scale_in(protected))
    if chosen:
        task_shutdown.stop_by_scheduler(region, service, chosen)


def start_tasks(region: EcsRegion, service: EcsService, deployment: Deployment, count: int) -> None:
    definition = region.task_definition(deployment.task_definition)
    images = (region.images.resolve(container["image"]) for container in definition.containers)
    if any(image.behaviour is ImageBehaviour.NOROOM for image in images):
        event_messages.add_event_once(region, service.arn, event_messages.task_not_placed(service))
        retry = region.time_scale.seconds(region.durations.placement_retry)
        region.update_deployment(deployment.id, retry_at=region.now + retry)
        region.schedule_reconcile(service.arn, region.durations.placement_retry)
        return
    order = task_launch.launch_request_for_service(region, service, deployment.id, definition)
    tasks = [task_launch.launch_task(region, order) for _ in range(count)]
    event_messages.add_event(region, service.arn, event_messages.tasks_started(tasks))
    region.update_service(service.arn, is_steady=False)
