"""Which stopped tasks count as failures of their version, and which tasks stayed healthy. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from workers.ecs.reasons.reason_patterns import Topic
from workers.ecs.reasons.stopped_task import (
    CONTAINER_CHECKS_FAILED,
    LOAD_BALANCER_CHECKS_FAILED,
    explain_host_loss,
    explain_stop,
)
from workers.ecs.state import TaskState

FAILED_BY_STOP_CODE: Mapping[str, bool | None] = {
    "TaskFailedToStart": True,
    "EssentialContainerExited": True,
    "ServiceSchedulerInitiated": None,  # a failed health check, or a scale-in
    "UserInitiated": False,
    "SpotInterruption": False,
    "TerminationNotice": False,
    "InfrastructureHealth": False,
}
"""Every value of the enum TaskStopCode: whether the version is to blame. None: the reason decides."""

HEALTHY_AFTER_SECONDS = 120.0
"""A task that runs this long counts as healthy (seconds).

By then health checks with default settings have failed a bad task: the container's after 3 checks, one every
30 s with 5 s to answer (ECS API reference, HealthCheck); the target group's after 2, one every 30 s (Elastic
Load Balancing API reference, CreateTargetGroup).
"""


def counts_as_failed(task: TaskState) -> bool:
    """Whether the task stopped, or is stopping, because of its version: it exited, did not start, or failed a
    check.

    It does not count if somebody or AWS stopped it, if its host went away, if there was no capacity for it,
    or if the reason is not known.
    """
    failed = FAILED_BY_STOP_CODE.get(task.stop_code, False)
    if failed is None:
        return _failed_health_checks(task)
    if not failed or explain_host_loss(task) is not None:
        return False
    cause = explain_stop(task)
    return cause is None or cause.topic is not Topic.CAPACITY


def proven_healthy_at(task: TaskState, now: float, grace_seconds: float) -> float | None:
    """When the task had stayed healthy for long enough (epoch seconds); None if it has not, or did not.

    grace_seconds: for how long ECS ignores health checks; this is added.
    """
    if task.started_at is None or _failed_health_checks(task):
        return None
    is_running = task.desired_status == "RUNNING"
    if is_running and not _passes_health_checks(task):
        return None
    healthy_at = task.started_at + HEALTHY_AFTER_SECONDS + grace_seconds
    return healthy_at if healthy_at <= (now if is_running else stop_began_at(task)) else None


def stop_began_at(task: TaskState) -> float:
    """When it began to stop (epoch seconds)."""
    return task.stopping_at or task.stopped_at or task.started_at or task.created_at or 0.0


def lifetime_seconds(task: TaskState, until: float) -> float:
    """Seconds from its creation to `until`."""
    return until - (task.created_at or until)


def _failed_health_checks(task: TaskState) -> bool:
    return (
        LOAD_BALANCER_CHECKS_FAILED in task.stopped_reason or CONTAINER_CHECKS_FAILED in task.stopped_reason
    )


def _passes_health_checks(task: TaskState) -> bool:
    """The load balancer's checks do not show here: ECS stops a task that fails them."""
    statuses = [
        each.health
        for each in task.possibly_essential_containers
        if each.has_health_check or each.health == "UNHEALTHY"
    ]
    return all(status == "HEALTHY" for status in statuses)
