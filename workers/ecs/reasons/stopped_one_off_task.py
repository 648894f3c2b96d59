"""Why a one-off task stopped. Unlike a service's task it is not replaced, and it is meant to finish."""

from __future__ import annotations

from collections.abc import Callable

from deploys.mrkdwn import code
from workers.ecs.reasons import stopped_task
from workers.ecs.reasons.reason_patterns import Cause
from workers.ecs.state import ContainerState, TaskState

_EXIT_CODES_WHEN_STOPPED_EARLY = {None, 137, 143}
"""Exit codes of a container that ECS stopped because another one ended; None: it never ran."""
_EXIT_CODES_OF_STOPPED_SIDECAR = {0, 137, 143}
"""Exit codes of a server that is stopped."""


def explain_one_off_stop(task: TaskState, container: str, *, by_us: bool) -> Cause | None:
    """Why it stopped, or None if it stopped normally.

    container: the container that ran the command.

    by_us: it had exited when Slipway stopped the rest of the task: then its exit code counts, and not the
    stop.
    """
    command = next((each for each in task.containers if each.name == container), None)
    codes = {
        **ONE_OFF_CAUSES_BY_STOP_CODE,
        "EssentialContainerExited": lambda task: _essential_exited(task, container, command),
    }
    if by_us and command is not None:
        codes["UserInitiated"] = lambda task: stopped_task.explain_exit(command)
    return stopped_task.explain_stop(task, codes)


def _essential_exited(task: TaskState, container: str, command: ContainerState | None) -> Cause:
    if command is not None and command.exit_code not in _EXIT_CODES_WHEN_STOPPED_EARLY:
        return stopped_task.explain_exit(command)
    essential = [each for each in task.containers if each.essential is not False]
    others = [each for each in essential if each.name != container and each.exit_code is not None]
    never_ended = command is None or command.exit_code is None
    first = [each for each in others if never_ended or each.exit_code not in _EXIT_CODES_OF_STOPPED_SIDECAR]
    if first:
        return _ended_by_sidecar(first, container)
    if command is not None and others:
        return _ended_in_unknown_order([command, *others], container)
    return stopped_task.CAUSES_BY_STOP_CODE["EssentialContainerExited"](task)


def _ended_by_sidecar(others: list[ContainerState], container: str) -> Cause:
    return Cause(
        "it was stopped before it finished, because another essential container exited: "
        f"{_names_with_codes(others)}. Make that one not essential, or keep it running until "
        f"{code(container)} is done."
    )


def _ended_in_unknown_order(ended: list[ContainerState], container: str) -> Cause:
    return Cause(
        f"it did not finish: containers {_names_with_codes(ended)} ended, and ECS does not say which of "
        f"them was first. If it was not {code(container)}, make the other one not essential, or keep it "
        f"running until {code(container)} is done."
    )


def _names_with_codes(containers: list[ContainerState]) -> str:
    return " and ".join(f"{code(each.name)} (code {each.exit_code})" for each in containers)


ONE_OFF_CAUSES_BY_STOP_CODE: dict[str, Callable[[TaskState], Cause]] = {
    **stopped_task.CAUSES_BY_STOP_CODE,
    "SpotInterruption": lambda task: Cause(
        "Spot took its capacity back. Run it on capacity that is not Spot."
    ),
    "TerminationNotice": lambda task: Cause("its instance was being terminated.", task.stopped_reason),
    "InfrastructureHealth": lambda task: Cause("the machine under it was not healthy.", task.stopped_reason),
}
"""What each value of the enum TaskStopCode means for a task that does not belong to a service."""
