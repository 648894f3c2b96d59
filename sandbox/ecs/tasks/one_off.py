"""Tasks that were run by themselves, to do one thing and exit.

How it goes is read off the command: one with `fail` in it exits 1, `exit N` exits N, `sleep N` takes
N seconds and `long` takes minutes. Any other is done soon, and well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial

from sandbox.ecs.pace import Lifetimes
from sandbox.ecs.records import Container, Task
from sandbox.ecs.region import Region
from sandbox.ecs.tasks import ending, voices

_SLEEP = re.compile(r"\bsleep (\d+(?:\.\d+)?)")
_EXIT = re.compile(r"\bexit (\d{1,3})\b")


@dataclass(frozen=True)
class Work:
    seconds: float
    exit_code: int


def work_of(command: list[str], lifetimes: Lifetimes) -> Work:
    """How long a command works, in seconds at speed 1, and how it exits."""
    text = " ".join(command)
    if slept := _SLEEP.search(text):
        seconds = float(slept[1])
    else:
        seconds = lifetimes.long_one_off_work if "long" in text else lifetimes.one_off_work
    if exited := _EXIT.search(text):
        return Work(seconds, int(exited[1]) % 256)
    return Work(seconds, 1 if "fail" in text else 0)


def begin(region: Region, task: Task) -> None:
    """Start on the command, if the task has one; without one it runs until it is stopped."""
    if task.command is None:
        return
    _, command = task.command
    work = work_of(command, region.lifetimes)
    region.after(work.seconds, partial(_finish, region, task.arn, work.exit_code))


def _finish(region: Region, arn: str, exit_code: int) -> None:
    task = region.tables.tasks.get(arn)
    if task is None or not task.live or task.command is None:
        return
    name, command = task.command
    text = " ".join(command)
    lines = [f"INFO {text}: done"]
    if exit_code:
        lines = [f"ERROR {text}: step 2 of 3 did not go through", f"FATAL giving up, exit status {exit_code}"]
    voices.say(region, task, name, lines)
    if not next(container.essential for container in task.containers if container.name == name):
        region.update_task(arn, containers=_exited(task, name, exit_code))
        return
    ending.exit_by_itself(region, arn, name, exit_code=exit_code)


def _exited(task: Task, name: str, exit_code: int) -> tuple[Container, ...]:
    """Where the container is not essential, the task goes on with the others."""
    return tuple(
        replace(container, last_status="STOPPED", exit_code=exit_code)
        if container.name == name
        else container
        for container in task.containers
    )
