"""Why a one-off task stopped. Nobody starts another in its place, and its command is meant to finish."""

from __future__ import annotations

from collections.abc import Callable

from deploys.mrkdwn import code
from workers.ecs import why_tasks
from workers.ecs.causes import Cause
from workers.ecs.seen import ContainerSeen, TaskSeen

_STOPPED_FROM_OUTSIDE = {None, 137, 143}
"""Exit codes of a container that ECS stopped because another one ended; None: it never got so far."""
_AFTER_ANOTHER = {0, 137, 143}
"""Those that a container which serves has when it is stopped."""


def cause(task: TaskSeen, container: str, *, by_us: bool) -> Cause | None:
    """Why it stopped, or None where there is no trouble in it.

    container: the one that ran the command.

    by_us: it had exited when Slipway had the rest of the task stopped, so its exit tells, and not the stop.
    """
    command = next((each for each in task.containers if each.name == container), None)
    codes = {**CODES, "EssentialContainerExited": lambda task: _exited(task, container, command)}
    if by_us and command is not None:
        codes["UserInitiated"] = lambda task: why_tasks.exited(command)
    return why_tasks.cause(task, codes)


def _exited(task: TaskSeen, container: str, command: ContainerSeen | None) -> Cause:
    if command is not None and command.exit_code not in _STOPPED_FROM_OUTSIDE:
        return why_tasks.exited(command)
    essential = [each for each in task.containers if each.essential is not False]
    others = [each for each in essential if each.name != container and each.exit_code is not None]
    never_ended = command is None or command.exit_code is None
    first = [each for each in others if never_ended or each.exit_code not in _AFTER_ANOTHER]
    if first:
        return _ended_by(first, container)
    if command is not None and others:
        return _one_of([command, *others], container)
    return why_tasks.STOP_CODES["EssentialContainerExited"](task)


def _ended_by(others: list[ContainerSeen], container: str) -> Cause:
    return Cause(
        f"it was stopped midway, because another essential container exited: {_named(others)}. Make that one "
        f"not essential, or keep it running until {code(container)} is done."
    )


def _one_of(ended: list[ContainerSeen], container: str) -> Cause:
    return Cause(
        f"it did not finish: containers {_named(ended)} ended, and ECS does not say which of them was first. "
        f"If it was not {code(container)}, make the other one not essential, or keep it running until "
        f"{code(container)} is done."
    )


def _named(containers: list[ContainerSeen]) -> str:
    return " and ".join(f"{code(each.name)} (code {each.exit_code})" for each in containers)


CODES: dict[str, Callable[[TaskSeen], Cause]] = {
    **why_tasks.STOP_CODES,
    "SpotInterruption": lambda task: Cause(
        "Spot took its capacity back. Run it on capacity that is not Spot."
    ),
    "TerminationNotice": lambda task: Cause("its instance was being terminated.", task.stopped_reason),
    "InfrastructureHealth": lambda task: Cause("the machine under it was not healthy.", task.stopped_reason),
}
"""What each value of the enum TaskStopCode means for a task that is not a service's."""
