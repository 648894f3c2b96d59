"""Which stopped tasks count as failures of the version they ran, and which tasks stayed healthy. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from workers.ecs.causes import Topic
from workers.ecs.seen import TaskSeen
from workers.ecs.why_tasks import (
    CONTAINER_CHECKS_FAILED,
    LOAD_BALANCER_CHECKS_FAILED,
    cause,
    of_machine,
)

FAILED: Mapping[str, bool | None] = {
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
"""For how long a task has to run to count as one that stayed healthy.

By then health checks with their default settings have given up a bad one: a container's after 3 checks, one
each 30 s with 5 s to answer (ECS API reference, HealthCheck); a target group's after 2, one each 30 s
(Elastic Load Balancing API reference, CreateTargetGroup)."""


def failed(task: TaskSeen) -> bool:
    """Whether the task stopped, or is stopping, by itself: it exited, did not start, or failed a check.

    Not if somebody or AWS stopped it, if its machine went away, if there was no room for it, or if nobody
    knows why.
    """
    verdict = FAILED.get(task.stop_code, False)
    if verdict is None:
        return _failed_checks(task)
    if not verdict or of_machine(task) is not None:
        return False
    found = cause(task)
    return found is None or found.topic is not Topic.ROOM


def healthy_at(task: TaskSeen, now: float, grace_seconds: float) -> float | None:
    """When the task had stayed healthy for long enough (epoch seconds); None if it has not, or did not.

    grace_seconds: for how long ECS takes no notice of health checks, which comes on top.
    """
    if task.started_at is None or _failed_checks(task):
        return None
    alive = task.desired_status == "RUNNING"
    if alive and not _passes_checks(task):
        return None
    at = task.started_at + HEALTHY_AFTER_SECONDS + grace_seconds
    return at if at <= (now if alive else stopped_at(task)) else None


def stopped_at(task: TaskSeen) -> float:
    """When it began to stop (epoch seconds)."""
    return task.stopping_at or task.stopped_at or task.started_at or task.created_at or 0.0


def lifetime(task: TaskSeen, until: float) -> float:
    """Seconds from its creation to `until`."""
    return until - (task.created_at or until)


def _failed_checks(task: TaskSeen) -> bool:
    return (
        LOAD_BALANCER_CHECKS_FAILED in task.stopped_reason or CONTAINER_CHECKS_FAILED in task.stopped_reason
    )


def _passes_checks(task: TaskSeen) -> bool:
    """The load balancer's are not seen here: ECS stops a task that fails them."""
    health = [each.health for each in task.that_can_end_it if each.checked or each.health == "UNHEALTHY"]
    return all(each == "HEALTHY" for each in health)
