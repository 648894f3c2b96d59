"""Starting and choosing tasks for a deployment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sandbox.ecs import telling
from sandbox.ecs.images import Behaviour
from sandbox.ecs.records import Deployment, Service, Task
from sandbox.ecs.region import Region
from sandbox.ecs.tasks import ending, launch

INSTANT = 1e-6
"""Seconds: moments nearer than this are the same one."""


def healthy(tasks: Iterable[Task]) -> int:
    return sum(task.healthy for task in tasks)


def least_useful(tasks: Iterable[Task]) -> list[Task]:
    """Those that serve nobody yet first, the youngest of them before the others."""
    return sorted(tasks, key=lambda task: (task.healthy, -task.created_at))


def oldest(tasks: Iterable[Task]) -> list[Task]:
    return sorted(tasks, key=lambda task: task.created_at)


def must_wait(region: Region, deployment: Deployment) -> bool:
    """Tasks of it failed, or found no place, so short a time ago that none is started yet."""
    return deployment.retry_at > region.now + INSTANT


def look_again(region: Region, service: Service, at: float) -> None:
    """Have the scheduler look at the service at that moment, if not earlier."""
    region.look_at(service.arn, max(0.0, at - region.now) * region.pace.speed)


def let_go(region: Region, service: Service, *leaving: tuple[Sequence[Task], int]) -> None:
    """Stop so many of each of these tasks together; fewer where too many are protected from it."""
    chosen: list[Task] = []
    protected = 0
    for tasks, count in leaving:
        free = [task for task in tasks if not task.protected(region.now)]
        chosen += free[:count]
        if len(free) < count:
            protected += len(tasks) - len(free)
    if protected:
        telling.tell_once(region, service.arn, telling.cannot_scale_in(protected))
    if chosen:
        ending.retire(region, service, chosen)


def start(region: Region, service: Service, deployment: Deployment, count: int) -> None:
    definition = region.task_definition(deployment.task_definition)
    images = (region.images.find(container["image"]) for container in definition.containers)
    if any(image.behaviour is Behaviour.NOROOM for image in images):
        telling.tell_once(region, service.arn, telling.not_placed(service))
        retry = region.pace.seconds(region.lifetimes.placement_retry)
        region.update_deployment(deployment.id, retry_at=region.now + retry)
        region.look_at(service.arn, region.lifetimes.placement_retry)
        return
    order = launch.for_service(region, service, deployment.id, definition)
    tasks = [launch.launch(region, order) for _ in range(count)]
    telling.tell(region, service.arn, telling.started(tasks))
    region.update_service(service.arn, steady=False)
