"""The status of the pre-task: a pure function of what ECS shows."""

from __future__ import annotations

from enum import Enum

from deploys.records.pre_task_and_post_check import PreTaskRun, StopCause
from workers.ecs.state import ContainerState, TaskState


class PreTaskStatus(Enum):
    """The status of the pre-task."""

    RUNNING = "running"  # or starting, or stopping
    COMMAND_EXITED = "done"  # the container of the command has exited, and others keep the task running
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
"""Every value of the enum TaskStopCode: whether an exit code of 0 means that the command has finished.

A command that is asked to stop may exit with 0 as well, before it has finished.
"""


def judge_pre_task(task: TaskState, pre_task: PreTaskRun) -> PreTaskStatus:
    """Its status. The exit code of the container that runs the command decides."""
    container = find_command_container(task, pre_task)
    if task.last_status != "STOPPED":
        exited = container is not None and container.last_status == "STOPPED"
        return (
            PreTaskStatus.COMMAND_EXITED
            if exited and task.desired_status == "RUNNING"
            else PreTaskStatus.RUNNING
        )
    if container is None or container.exit_code != 0:
        return PreTaskStatus.FAILED
    if pre_task.stop_cause is StopCause.DONE:
        return PreTaskStatus.SUCCEEDED
    return PreTaskStatus.SUCCEEDED if ENDED_BY_ITSELF.get(task.stop_code, False) else PreTaskStatus.FAILED


def find_command_container(task: TaskState, pre_task: PreTaskRun) -> ContainerState | None:
    """The container that runs the command."""
    return next((found for found in task.containers if found.name == pre_task.container), None)
