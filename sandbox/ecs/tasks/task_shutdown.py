"""How tasks stop: DEACTIVATING, STOPPING, DEPROVISIONING, STOPPED."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from sandbox.ecs import circuit_breaker, event_messages
from sandbox.ecs.records import EcsService, EcsTask, TaskContainer
from sandbox.ecs.region import EcsRegion

DEFAULT_STOP_TIMEOUT_SECONDS = 30.0
"""Seconds between SIGTERM and SIGKILL on Fargate."""
SIGTERM_EXIT_CODE = 143
"""Exit code of a process that SIGTERM has ended."""


def stop_by_scheduler(region: EcsRegion, service: EcsService, tasks: Sequence[EcsTask]) -> None:
    """The service scheduler stops tasks together. Targets drain first, for the deregistration delay."""
    targets = [task for task in tasks if task.is_target]
    others = [task for task in tasks if not task.is_target]
    for task in tasks:
        reason = f"Scaling activity initiated by (deployment {task.deployment})"
        _mark_stopping(region, task, "ServiceSchedulerInitiated", reason)
    if others:
        event_messages.add_event(region, service.arn, event_messages.tasks_stopped(others))
        for task in others:
            _deactivate(region, task)
    if targets:
        for balancer in service.target_groups:
            event_messages.add_event(
                region,
                service.arn,
                event_messages.targets_deregistered(balancer["targetGroupArn"], len(targets)),
            )
        event_messages.add_event(region, service.arn, event_messages.tasks_draining(len(targets)))
        for task in targets:
            region.update_task(task.arn, last_status="DEACTIVATING", is_target=False)
        region.schedule_exactly_after(
            region.durations.draining, partial(_after_draining, region, service.arn, targets)
        )


def _after_draining(region: EcsRegion, service: str, tasks: Sequence[EcsTask]) -> None:
    event_messages.add_event(region, service, event_messages.tasks_stopped(tasks))
    for task in tasks:
        _terminate(region, task.arn)


def stop_by_user(region: EcsRegion, arn: str, reason: str) -> None:
    """StopTask stops a task."""
    task = region.tables.tasks[arn]
    if not task.is_wanted:
        return
    _mark_stopping(region, task, "UserInitiated", reason)
    if task.is_target and task.service is not None:
        _deregister_targets(region, task)
        region.schedule_exactly_after(region.durations.draining, partial(_terminate, region, arn))
        region.update_task(arn, last_status="DEACTIVATING")
    else:
        _deactivate(region, task)


def stop_failed(region: EcsRegion, arn: str, stop_code: str, reason: str) -> None:
    """ECS stops a task that did not start or that failed its health checks."""
    task = region.tables.tasks[arn]
    _mark_stopping(region, task, stop_code, reason)
    if task.is_target:
        _deregister_targets(region, task)
    if task.service is not None and task.is_running:
        event_messages.add_event(region, task.service, event_messages.tasks_stopped([task]))
    _deactivate(region, task)
    circuit_breaker.record_failure(region, task)


def stop_exited(region: EcsRegion, arn: str, name: str, exit_code: int) -> None:
    """An essential container has exited, so the task stops."""
    task = region.tables.tasks[arn]
    _mark_stopping(region, task, "EssentialContainerExited", "Essential container in task exited")
    containers = tuple(
        replace(c, last_status="STOPPED", exit_code=exit_code) if c.name == name else c
        for c in task.containers
    )
    region.update_task(arn, containers=containers)
    if task.is_target:
        _deregister_targets(region, task)
    _deactivate(region, task)
    circuit_breaker.record_failure(region, task)


def _mark_stopping(region: EcsRegion, task: EcsTask, stop_code: str, reason: str) -> None:
    region.update_task(
        task.arn,
        desired_status="STOPPED",
        stopping_at=region.now,
        stop_code=stop_code,
        stopped_reason=reason,
        is_healthy=False,
    )
    if task.service is not None:
        region.update_service(task.service, is_steady=False)
        region.schedule_reconcile(task.service)


def _deregister_targets(region: EcsRegion, task: EcsTask) -> None:
    assert task.service is not None
    for balancer in region.tables.services[task.service].target_groups:
        event_messages.add_event(
            region, task.service, event_messages.targets_deregistered(balancer["targetGroupArn"])
        )
    region.update_task(task.arn, is_target=False)


def _deactivate(region: EcsRegion, task: EcsTask) -> None:
    if task.is_running:
        region.update_task(task.arn, last_status="DEACTIVATING")
        region.schedule_after(region.durations.deactivating, partial(_terminate, region, task.arn))
    else:
        _deprovision(region, task.arn)


def _terminate(region: EcsRegion, arn: str) -> None:
    """Send SIGTERM; a container that ignores it is killed after its stopTimeout."""
    task = region.update_task(arn, last_status="STOPPING")
    definition = region.task_definition(task.task_definition)
    timeouts = [c.get("stopTimeout", DEFAULT_STOP_TIMEOUT_SECONDS) for c in definition.containers]
    region.schedule_after(min(region.durations.stopping, *timeouts), partial(_deprovision, region, arn))
    if task.service is not None:
        region.schedule_reconcile(task.service)


def _deprovision(region: EcsRegion, arn: str) -> None:
    task = region.tables.tasks[arn]
    command_container = task.own_command[0] if task.own_command else None
    containers = tuple(
        _stopped_container(c, SIGTERM_EXIT_CODE if c.name == command_container else 0)
        for c in task.containers
    )
    has_run = task.started_at is not None
    region.update_task(
        arn,
        last_status="DEPROVISIONING",
        containers=containers,
        execution_stopped_at=region.now if has_run else None,
    )
    region.schedule_after(region.durations.deprovisioning, partial(_mark_stopped, region, arn))


def _stopped_container(container: TaskContainer, code: int) -> TaskContainer:
    """The container after SIGTERM: a service exits 0, a command that is still running exits with `code`."""
    exited = container.exit_code is not None or container.last_status != "RUNNING"
    return replace(
        container,
        last_status="STOPPED",
        exit_code=container.exit_code if exited else code,
        health="UNKNOWN" if container.health == "HEALTHY" else container.health,
    )


def _mark_stopped(region: EcsRegion, arn: str) -> None:
    task = region.update_task(arn, last_status="STOPPED", stopped_at=region.now)
    region.schedule_exactly_after(region.durations.stopped_tasks_kept, partial(_forget, region, arn))
    if task.service is not None:
        region.schedule_reconcile(task.service)


def _forget(region: EcsRegion, arn: str) -> None:
    region.forgotten_tasks.append(region.tables.tasks[arn])
    region.tables.tasks.remove(arn)
