"""Tasks that were run by themselves, to do one thing and exit."""

from __future__ import annotations

from sandbox.ecs.records import Task
from sandbox.ecs.region import Region
from sandbox.ecs.tasks import ending, voices


def has_work(task: Task) -> bool:
    """A command of its own was given with RunTask; without one a task runs until it is stopped."""
    return _working_container(task) is not None


def _working_container(task: Task) -> str | None:
    overrides = task.overrides.get("containerOverrides", [])
    return next((o["name"] for o in overrides if o.get("command")), None)


def finish(region: Region, arn: str) -> None:
    """The command is done, and well."""
    task = region.tables.tasks[arn]
    name = _working_container(task)
    if not task.live or name is None:
        return
    command = next(o["command"] for o in task.overrides["containerOverrides"] if o["name"] == name)
    voices.say_goodbye(region, task, name, [f"INFO {' '.join(command)}: done"])
    ending.exit_by_itself(region, arn, name, exit_code=0)
