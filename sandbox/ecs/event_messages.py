"""Service events, in ECS's own words."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.ecs.records import EcsService, EcsTask, ServiceEvent
from sandbox.ecs.records.service_records import MAX_EVENTS
from sandbox.ecs.region import EcsRegion

DUPLICATES_HIDDEN_SECONDS = 6 * 3600.0
"""ECS leaves out a repeated event for six hours, or until the cause is resolved."""
_TROUBLESHOOTING = "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."


def add_event(region: EcsRegion, service_arn: str, message: str) -> None:
    """Add an event, `(service NAME) message`, as the newest one."""
    row = region.tables.services[service_arn]
    event = ServiceEvent(region.ids.new_uuid(), region.now, f"(service {row.name}) {message}")
    region.update_service(service_arn, events=(event, *row.events)[:MAX_EVENTS])


def add_event_once(region: EcsRegion, service_arn: str, message: str) -> None:
    """Add an event about a problem, unless it is a duplicate that ECS leaves out."""
    row = region.tables.services[service_arn]
    text = f"(service {row.name}) {message}"
    oldest = region.now - region.time_scale.seconds(DUPLICATES_HIDDEN_SECONDS)
    for event in row.events:
        if event.created_at < oldest or event.message.endswith(steady_state()):
            break
        if event.message == text:
            return
    add_event(region, service_arn, message)


def tasks_started(tasks: Iterable[EcsTask]) -> str:
    listed = [f"(task {task.id})" for task in tasks]
    return f"has started {len(listed)} tasks: {' '.join(listed)}."


def tasks_stopped(tasks: Iterable[EcsTask]) -> str:
    listed = [f"(task {task.id})" for task in tasks]
    return f"has stopped {len(listed)} running tasks: {' '.join(listed)}."


def targets_registered(target_group: str, count: int = 1) -> str:
    return f"registered {count} targets in (target-group {target_group})"


def targets_deregistered(target_group: str, count: int = 1) -> str:
    return f"deregistered {count} targets in (target-group {target_group})"


def tasks_draining(count: int) -> str:
    return f"has begun draining connections on {count} tasks."


def deployment_completed(deployment: str) -> str:
    return f"(deployment {deployment}) deployment completed."


def steady_state() -> str:
    return "has reached a steady state."


def tasks_failed_to_start(deployment: str) -> str:
    return f"(deployment {deployment}) deployment failed: tasks failed to start."


def alarm_detected(deployment: str) -> str:
    return f"(deployment {deployment}) deployment failed: alarm detected."


def rolling_back(deployment: str) -> str:
    return f"rolling back to deployment {deployment}."


def task_not_placed(service: EcsService) -> str:
    if service.settings.get("launchType") == "EC2":
        reason = " because no container instance met all of its requirements."
    else:
        reason = (
            ". Reason: Capacity is unavailable at this time. "
            "Please try again later or in a different availability zone."
        )
    return f"was unable to place a task{reason} {_TROUBLESHOOTING}"


def deployment_blocked() -> str:
    return (
        "was unable to stop or start tasks during a deployment because of the service deployment "
        "configuration. Update the minimumHealthyPercent or maximumPercent value and try again."
    )


def cannot_scale_in(protected: int) -> str:
    return f"was unable to scale in due to (reason {protected} tasks under protection)"


def cannot_start_consistently() -> str:
    return f"is unable to consistently start tasks successfully. {_TROUBLESHOOTING}"


def unhealthy_target(port: int, target_group: str) -> str:
    return (
        f"(port {port}) is unhealthy in (target-group {target_group}) due to "
        "(reason Health checks failed with these codes: [503])."
    )


def container_checks_failed(task: EcsTask) -> str:
    return f"(task {task.id}) failed container health checks."
