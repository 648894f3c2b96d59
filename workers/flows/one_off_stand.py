"""How a one-off task stands: a pure function of what ECS shows."""

from __future__ import annotations

from enum import Enum

from deploys.one_off import OneOff, StopWhy
from workers.ecs.seen import ContainerSeen, TaskSeen


class Stand(Enum):
    """How the task stands."""

    RUNNING = "running"  # or on its way up, or down
    DONE = "done"  # its container has exited, and others keep the task alive
    SUCCEEDED = "succeeded"
    FAILED = "failed"


ENDED_BY_ITSELF: dict[str, bool] = {
    "EssentialContainerExited": True,
    "TaskFailedToStart": False,
    "UserInitiated": False,
    "ServiceSchedulerInitiated": False,
    "SpotInterruption": False,
    "TerminationNotice": False,
    "InfrastructureHealth": False,
}
"""Whether an exit code of 0 means that the command was done: every value of the enum TaskStopCode.

A command that is asked to stop may exit with 0 as well, midway.
"""


def stand(task: TaskSeen, one_off: OneOff) -> Stand:
    """How it stands. The exit code of the container that was given the command decides."""
    container = container_of(task, one_off)
    if task.last_status != "STOPPED":
        exited = container is not None and container.last_status == "STOPPED"
        return Stand.DONE if exited and task.desired_status == "RUNNING" else Stand.RUNNING
    if container is None or container.exit_code != 0:
        return Stand.FAILED
    if one_off.stop_why is StopWhy.DONE:
        return Stand.SUCCEEDED
    return Stand.SUCCEEDED if ENDED_BY_ITSELF.get(task.stop_code, False) else Stand.FAILED


def container_of(task: TaskSeen, one_off: OneOff) -> ContainerSeen | None:
    """The container that was given the command."""
    return next((found for found in task.containers if found.name == one_off.container), None)
