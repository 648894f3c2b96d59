"""The way down: DEACTIVATING, STOPPING, DEPROVISIONING, STOPPED."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from sandbox.ecs import telling
from sandbox.ecs.records import Container, Service, Task
from sandbox.ecs.region import Region
from sandbox.ecs.scheduler import failures

DEFAULT_STOP_TIMEOUT = 30.0
"""Seconds between SIGTERM and SIGKILL on Fargate."""
TERMINATED = 143
"""Exit code of a process that SIGTERM ended."""


def retire(region: Region, service: Service, tasks: Sequence[Task]) -> None:
    """The service scheduler stops tasks together: targets drain first, for the deregistration delay."""
    drained = [task for task in tasks if task.registered]
    at_once = [task for task in tasks if not task.registered]
    for task in tasks:
        reason = f"Scaling activity initiated by (deployment {task.deployment})"
        _give_up(region, task, "ServiceSchedulerInitiated", reason)
    if at_once:
        telling.tell(region, service.arn, telling.stopped(at_once))
        for task in at_once:
            _take_down(region, task)
    if drained:
        for balancer in service.target_groups:
            telling.tell(region, service.arn, telling.deregistered(balancer["targetGroupArn"], len(drained)))
        telling.tell(region, service.arn, telling.draining(len(drained)))
        for task in drained:
            region.update_task(task.arn, last_status="DEACTIVATING", registered=False)
        region.after_exactly(region.lifetimes.draining, partial(_drained, region, service.arn, drained))


def _drained(region: Region, service: str, tasks: Sequence[Task]) -> None:
    telling.tell(region, service, telling.stopped(tasks))
    for task in tasks:
        _terminate(region, task.arn)


def stop(region: Region, arn: str, reason: str) -> None:
    """Somebody asked for it with StopTask."""
    task = region.tables.tasks[arn]
    if not task.live:
        return
    _give_up(region, task, "UserInitiated", reason)
    if task.registered and task.service is not None:
        _leave_target_groups(region, task)
        region.after_exactly(region.lifetimes.draining, partial(_terminate, region, arn))
        region.update_task(arn, last_status="DEACTIVATING")
    else:
        _take_down(region, task)


def fail(region: Region, arn: str, stop_code: str, reason: str) -> None:
    """ECS stops a task that did not start, or that health checks gave up."""
    task = region.tables.tasks[arn]
    _give_up(region, task, stop_code, reason)
    if task.registered:
        _leave_target_groups(region, task)
    if task.service is not None and task.running:
        telling.tell(region, task.service, telling.stopped([task]))
    _take_down(region, task)
    failures.note_failure(region, task)


def exit_by_itself(region: Region, arn: str, name: str, exit_code: int) -> None:
    """An essential container has exited, and takes the task with it."""
    task = region.tables.tasks[arn]
    _give_up(region, task, "EssentialContainerExited", "Essential container in task exited")
    containers = tuple(
        replace(c, last_status="STOPPED", exit_code=exit_code) if c.name == name else c
        for c in task.containers
    )
    region.update_task(arn, containers=containers)
    if task.registered:
        _leave_target_groups(region, task)
    _take_down(region, task)
    failures.note_failure(region, task)


def _give_up(region: Region, task: Task, stop_code: str, reason: str) -> None:
    region.update_task(
        task.arn,
        desired_status="STOPPED",
        stopping_at=region.now,
        stop_code=stop_code,
        stopped_reason=reason,
        healthy=False,
    )
    if task.service is not None:
        region.update_service(task.service, steady=False)
        region.look_at(task.service)


def _leave_target_groups(region: Region, task: Task) -> None:
    assert task.service is not None
    for balancer in region.tables.services[task.service].target_groups:
        telling.tell(region, task.service, telling.deregistered(balancer["targetGroupArn"]))
    region.update_task(task.arn, registered=False)


def _take_down(region: Region, task: Task) -> None:
    if task.running:
        region.update_task(task.arn, last_status="DEACTIVATING")
        region.after(region.lifetimes.deactivating, partial(_terminate, region, task.arn))
    else:
        _deprovision(region, task.arn)


def _terminate(region: Region, arn: str) -> None:
    """SIGTERM; a container that does not listen is killed after its stopTimeout."""
    task = region.update_task(arn, last_status="STOPPING")
    definition = region.task_definition(task.task_definition)
    timeouts = [c.get("stopTimeout", DEFAULT_STOP_TIMEOUT) for c in definition.containers]
    region.after(min(region.lifetimes.stopping, *timeouts), partial(_deprovision, region, arn))
    if task.service is not None:
        region.look_at(task.service)


def _deprovision(region: Region, arn: str) -> None:
    task = region.tables.tasks[arn]
    working = task.command[0] if task.command else None
    containers = tuple(_ended(c, TERMINATED if c.name == working else 0) for c in task.containers)
    ran = task.started_at is not None
    region.update_task(
        arn,
        last_status="DEPROVISIONING",
        containers=containers,
        execution_stopped_at=region.now if ran else None,
    )
    region.after(region.lifetimes.deprovisioning, partial(_stopped, region, arn))


def _ended(container: Container, code: int) -> Container:
    """A service heeds SIGTERM and exits in order; a command that was doing its work dies of it."""
    exited = container.exit_code is not None or container.last_status != "RUNNING"
    return replace(
        container,
        last_status="STOPPED",
        exit_code=container.exit_code if exited else code,
        health="UNKNOWN" if container.health == "HEALTHY" else container.health,
    )


def _stopped(region: Region, arn: str) -> None:
    task = region.update_task(arn, last_status="STOPPED", stopped_at=region.now)
    region.after_exactly(region.lifetimes.stopped_tasks_kept, partial(_forget, region, arn))
    if task.service is not None:
        region.look_at(task.service)


def _forget(region: Region, arn: str) -> None:
    region.bygone_tasks.append(region.tables.tasks[arn])
    region.tables.tasks.remove(arn)
