"""The way up: PROVISIONING, PENDING, ACTIVATING, RUNNING, and healthy or not."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from sandbox.ecs import telling
from sandbox.ecs.images import Behaviour, FoundImage
from sandbox.ecs.records import Container, Service, Task
from sandbox.ecs.region import Region
from sandbox.ecs.scheduler import failures
from sandbox.ecs.tasks import ending, one_off, voices

Found = dict[str, FoundImage]
_WORST_FIRST = (Behaviour.MISSING, Behaviour.CRASH, Behaviour.UNHEALTHY, Behaviour.SLOW)


def set_out(region: Region, arn: str) -> None:
    region.after(region.lifetimes.provisioning, partial(_pull, region, arn))


def _still(region: Region, arn: str, status: str) -> Task | None:
    """The task, if nobody has stopped it since this step was planned."""
    task = region.tables.tasks.get(arn)
    return task if task is not None and task.live and task.last_status == status else None


def _worst(task: Task, found: Found) -> Behaviour:
    """A container that is not essential fails alone, but to start it may take as long as any."""
    behaviours = {found[each.name].behaviour for each in task.containers if each.essential}
    if any(image.behaviour is Behaviour.SLOW for image in found.values()):
        behaviours.add(Behaviour.SLOW)
    return next((behaviour for behaviour in _WORST_FIRST if behaviour in behaviours), Behaviour.GOOD)


def _pull(region: Region, arn: str) -> None:
    task = _still(region, arn, "PROVISIONING")
    if task is None:
        return
    found = {each.name: region.images.find(_resolved(region, task, each)) for each in task.containers}
    region.update_task(arn, last_status="PENDING", connected_at=region.now, pull_started_at=region.now)
    lifetimes = region.lifetimes
    worst = _worst(task, found)
    if worst is Behaviour.MISSING:
        region.after(lifetimes.failing_pull, partial(_cannot_pull, region, arn, found))
        return
    seconds = lifetimes.slow_pulling if worst is Behaviour.SLOW else lifetimes.pulling
    region.after(seconds, partial(_activate, region, arn, found))


def _resolved(region: Region, task: Task, container: Container) -> str:
    """What is pulled: for a service's task the digest that its deployment resolved the image to (version
    consistency), unless the container switches that off."""
    defined = region.task_definition(task.task_definition).containers
    content = next(each for each in defined if each["name"] == container.name)
    if task.deployment is None or content.get("versionConsistency") == "disabled":
        return container.image
    revision = region.tables.revisions[region.tables.deployments[task.deployment].revision]
    resolved = {each["containerName"]: each.get("imageDigest") for each in revision.images}
    digest = resolved.get(container.name)
    return f"{container.image.partition('@')[0]}@{digest}" if digest else container.image


def _cannot_pull(region: Region, arn: str, found: Found) -> None:
    task = _still(region, arn, "PENDING")
    if task is None:
        return
    missing = next(c for c in task.containers if c.essential and found[c.name].behaviour is Behaviour.MISSING)
    containers = tuple(replace(c, reason=_not_found(c)) if c is missing else c for c in task.containers)
    region.update_task(arn, containers=containers)
    ending.fail(region, arn, "TaskFailedToStart", _not_found(missing))


def _not_found(container: Container) -> str:
    return (
        f"CannotPullContainerError: pull image manifest has been retried 1 time(s): "
        f"failed to resolve ref {container.image}: {container.image}: not found"
    )


def _activate(region: Region, arn: str, found: Found) -> None:
    task = _still(region, arn, "PENDING")
    if task is None:
        return
    containers = tuple(
        replace(container, last_status="STOPPED", reason=_not_found(container))
        if found[container.name].behaviour is Behaviour.MISSING
        else replace(
            container,
            image_digest=found[container.name].digest,
            runtime_id=f"{task.id}-{region.names.hex_id(8)}",
        )
        for container in task.containers
    )
    region.update_task(arn, last_status="ACTIVATING", pull_stopped_at=region.now, containers=containers)
    region.after(region.lifetimes.activating, partial(_run, region, arn, found))


def _run(region: Region, arn: str, found: Found) -> None:
    task = _still(region, arn, "ACTIVATING")
    if task is None:
        return
    containers = tuple(
        container if container.reason else replace(container, last_status="RUNNING")
        for container in task.containers
    )
    task = region.update_task(arn, last_status="RUNNING", started_at=region.now, containers=containers)
    service = region.tables.services[task.service] if task.service else None
    voices.say_hello(region, task)
    if service is not None and service.target_groups:
        task = region.update_task(arn, registered=True)
        for balancer in service.target_groups:
            telling.tell(region, service.arn, telling.registered(balancer["targetGroupArn"]))
    _decide_what_comes(region, task, service, found)
    if service is not None:
        region.look_at(service.arn)


def _decide_what_comes(region: Region, task: Task, service: Service | None, found: Found) -> None:
    lifetimes = region.lifetimes
    worst = _worst(task, found)
    if worst is Behaviour.CRASH:
        crashing = next(
            c.name for c in task.containers if c.essential and found[c.name].behaviour is Behaviour.CRASH
        )
        region.after(lifetimes.until_crash, partial(_crash, region, task.arn, crashing))
        return
    one_off.begin(region, task)
    if not _is_watched(task, service):
        region.after_exactly(lifetimes.until_trusted, partial(_get_healthy, region, task.arn))
    elif worst is Behaviour.UNHEALTHY:
        grace = service.grace_period if service is not None else 0.0
        region.after(grace + lifetimes.until_unhealthy, partial(_get_unhealthy, region, task.arn, found))
    else:
        slow = worst is Behaviour.SLOW
        seconds = lifetimes.slow_until_healthy if slow else lifetimes.until_healthy
        region.after(seconds, partial(_get_healthy, region, task.arn))


def _is_watched(task: Task, service: Service | None) -> bool:
    """By a load balancer, or by a health check of an essential container."""
    balanced = service is not None and bool(service.target_groups)
    return balanced or any(container.checked and container.essential for container in task.containers)


def _get_healthy(region: Region, arn: str) -> None:
    task = _still(region, arn, "RUNNING")
    if task is None:
        return
    region.update_task(arn, healthy=True, containers=_checked(task.containers, "HEALTHY"))
    if task.deployment is not None:
        failures.note_healthy(region, task.deployment)


def _checked(containers: tuple[Container, ...], health: str) -> tuple[Container, ...]:
    return tuple(replace(c, health=health) if c.checked else c for c in containers)


def _get_unhealthy(region: Region, arn: str, found: Found) -> None:
    task = _still(region, arn, "RUNNING")
    if task is None:
        return
    unhealthy = tuple(
        replace(c, health="UNHEALTHY" if found[c.name].behaviour is Behaviour.UNHEALTHY else "HEALTHY")
        if c.checked
        else c
        for c in task.containers
    )
    region.update_task(arn, containers=unhealthy)
    if task.service is None:
        return
    service = region.tables.services[task.service]
    if not service.target_groups:
        telling.tell(region, service.arn, telling.failed_container_checks(task))
        ending.fail(region, arn, "ServiceSchedulerInitiated", "Task failed container health checks")
        return
    balancer = service.target_groups[0]
    group = balancer["targetGroupArn"]
    telling.tell(region, service.arn, telling.unhealthy_target(balancer["containerPort"], group))
    ending.fail(
        region, arn, "ServiceSchedulerInitiated", f"Task failed ELB health checks in (target-group {group})"
    )


def _crash(region: Region, arn: str, name: str) -> None:
    task = _still(region, arn, "RUNNING")
    if task is None:
        return
    voices.say_why_it_crashes(region, task, name)
    ending.exit_by_itself(region, arn, name, exit_code=1)
