"""One look of the service scheduler at a service."""

from __future__ import annotations

from sandbox.ecs import telling
from sandbox.ecs.images import Behaviour
from sandbox.ecs.records import Deployment, Service, Task
from sandbox.ecs.region import Region
from sandbox.ecs.scheduler import failures, rollouts, stories
from sandbox.ecs.scheduler.rolling import Standing, next_move
from sandbox.ecs.tasks import ending, launch

_INSTANT = 1e-6
"""Seconds: moments nearer than this are the same one."""


def look(region: Region, arn: str) -> None:
    """Bring a service one step nearer to what is wanted of it. More steps follow as tasks move."""
    service = region.tables.services[arn]
    if service.status != "ACTIVE":
        _wind_down(region, service)
        return
    primary = region.tables.primary_of(arn)
    if primary is None:
        return
    rollouts.start(region, primary)
    if not rollouts.obey_stop_request(region, service, primary) and failures.tripped(service, primary):
        rollouts.trip(region, service, primary)
    service = region.tables.services[arn]
    primary = region.tables.primary_of(arn)
    assert primary is not None
    _move(region, service, primary)
    _settle(region, region.tables.services[arn], region.tables.deployments[primary.id])


def _move(region: Region, service: Service, primary: Deployment) -> None:
    live = [task for task in region.tables.tasks_of(service.arn) if task.live]
    new = [task for task in live if task.deployment == primary.id]
    old = [task for task in live if task.deployment != primary.id]
    waiting = primary.retry_at > region.now + _INSTANT
    move = next_move(
        Standing(
            desired=service.desired_count,
            fewest=service.fewest,
            most=service.most,
            new_live=len(new),
            new_healthy=_healthy(new),
            old_live=len(old),
            old_healthy=_healthy(old),
            may_start=not waiting,
            halted=primary.halted,
        )
    )
    unhealthy = [task for task in old if not task.healthy]
    healthy = [task for task in _oldest(old) if task.healthy]
    leaving = _least_useful(new)[: move.stop_new]
    leaving += unhealthy[: move.stop_old_unhealthy] + healthy[: move.stop_old_healthy]
    if leaving:
        ending.retire(region, service, leaving)
    if move.start:
        _start(region, service, primary, move.start)
    elif waiting and not primary.halted and len(new) < service.desired_count:
        region.look_at(service.arn, (primary.retry_at - region.now) * region.pace.speed)
    _show_what_old_deployments_keep(region, service, primary)


def _healthy(tasks: list[Task]) -> int:
    return sum(task.healthy for task in tasks)


def _least_useful(tasks: list[Task]) -> list[Task]:
    """Those that serve nobody yet first, the youngest of them before the others."""
    return sorted(tasks, key=lambda task: (task.healthy, -task.created_at))


def _oldest(tasks: list[Task]) -> list[Task]:
    return sorted(tasks, key=lambda task: task.created_at)


def _start(region: Region, service: Service, primary: Deployment, count: int) -> None:
    definition = region.task_definition(primary.task_definition)
    images = (region.images.find(container["image"]) for container in definition.containers)
    if any(image.behaviour is Behaviour.NOROOM for image in images):
        telling.tell_once(region, service.arn, telling.not_placed(service))
        retry = region.pace.seconds(region.lifetimes.placement_retry)
        region.update_deployment(primary.id, retry_at=region.now + retry)
        region.look_at(service.arn, region.lifetimes.placement_retry)
        return
    order = launch.for_service(region, service, primary.id, definition)
    tasks = [launch.launch(region, order) for _ in range(count)]
    telling.tell(region, service.arn, telling.started(tasks))
    region.update_service(service.arn, steady=False)


def _show_what_old_deployments_keep(region: Region, service: Service, primary: Deployment) -> None:
    kept = [task.deployment for task in region.tables.tasks_of(service.arn) if task.live]
    for deployment in region.tables.deployments_of(service.arn):
        if deployment.id != primary.id and deployment.desired_count != kept.count(deployment.id):
            region.update_deployment(deployment.id, desired_count=kept.count(deployment.id))


def _settle(region: Region, service: Service, primary: Deployment) -> None:
    """Complete the deployment and say that the service is steady, when that is so."""
    tasks = region.tables.tasks_of(service.arn)
    new = [task for task in tasks if task.live and task.deployment == primary.id]
    if primary.halted or len(new) != service.desired_count or _healthy(new) != len(new):
        return
    old = [task for task in tasks if task.deployment != primary.id]
    serving = [task for task in old if task.live or task.last_status == "DEACTIVATING"]
    story = stories.story_of(region, primary)
    if serving:
        if story is not None and story.status == "IN_PROGRESS" and story.lifecycle_stage != "CLEAN_UP":
            region.update_service_deployment(story.arn, lifecycle_stage="CLEAN_UP")
        return
    if primary.rollout_state == "IN_PROGRESS":
        rollouts.complete(region, service, primary)
    if not service.steady:
        region.update_service(service.arn, steady=True)
        telling.tell(region, service.arn, telling.steady())


def _wind_down(region: Region, service: Service) -> None:
    """A deleted service drains, and is INACTIVE when its last task has stopped."""
    tasks = region.tables.tasks_of(service.arn)
    live = [task for task in tasks if task.live]
    if live:
        ending.retire(region, service, live)
    elif service.status == "DRAINING" and all(task.gone for task in tasks):
        region.update_service(service.arn, status="INACTIVE")
        for deployment in region.tables.deployments_of(service.arn):
            region.update_deployment(deployment.id, status="INACTIVE")
