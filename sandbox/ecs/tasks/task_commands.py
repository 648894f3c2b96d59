"""Tasks that RunTask started with a command of their own: they run it and exit.

The command decides the result: with `fail` in it, it exits 1; `exit N` exits N, `sleep N` takes N seconds and
`long` takes minutes. Any other command soon exits 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial

from sandbox.ecs.durations import Durations
from sandbox.ecs.records import EcsTask, TaskContainer
from sandbox.ecs.region import EcsRegion
from sandbox.ecs.tasks import container_logs, task_shutdown

_SLEEP = re.compile(r"\bsleep (\d+(?:\.\d+)?)")
_EXIT = re.compile(r"\bexit (\d{1,3})\b")


@dataclass(frozen=True)
class CommandResult:
    seconds: float
    exit_code: int


def predict_result(command: list[str], durations: Durations) -> CommandResult:
    """How long a command runs, in seconds at speed 1, and its exit code."""
    text = " ".join(command)
    if sleep := _SLEEP.search(text):
        seconds = float(sleep[1])
    else:
        seconds = durations.long_one_off_work if "long" in text else durations.one_off_work
    if exit_status := _EXIT.search(text):
        return CommandResult(seconds, int(exit_status[1]) % 256)
    return CommandResult(seconds, 1 if "fail" in text else 0)


def start_command(region: EcsRegion, task: EcsTask) -> None:
    """Run the task's own command. A task without one runs until it is stopped."""
    if task.own_command is None:
        return
    _, command = task.own_command
    work = predict_result(command, region.durations)
    region.schedule_after(work.seconds, partial(_finish_command, region, task.arn, work.exit_code))


def _finish_command(region: EcsRegion, arn: str, exit_code: int) -> None:
    task = region.tables.tasks.get(arn)
    if task is None or not task.is_wanted or task.own_command is None:
        return
    name, command = task.own_command
    text = " ".join(command)
    lines = [f"INFO {text}: done"]
    if exit_code:
        lines = [f"ERROR {text}: step 2 of 3 did not go through", f"FATAL giving up, exit status {exit_code}"]
    container_logs.log_lines(region, task, name, lines)
    if not next(container.essential for container in task.containers if container.name == name):
        region.update_task(arn, containers=_with_exited_container(task, name, exit_code))
        return
    task_shutdown.stop_exited(region, arn, name, exit_code=exit_code)


def _with_exited_container(task: EcsTask, name: str, exit_code: int) -> tuple[TaskContainer, ...]:
    """The containers after one that is not essential has exited: the others continue."""
    return tuple(
        replace(container, last_status="STOPPED", exit_code=exit_code)
        if container.name == name
        else container
        for container in task.containers
    )
