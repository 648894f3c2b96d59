"""What a deploy does before and after its rollout, and the one-off task of a command.

Both belong to a new version. A rollback runs neither: the task of an old version could undo or redo what it
must not, and a firing alarm is mostly why somebody rolls back. A restart runs neither: its version has
passed both.
"""

from __future__ import annotations

from typing import NamedTuple

from deploys.catalogue.nested_keys import PostCheck, PreTask
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.request import Verb


def configured_pre_task(deploy: Deploy) -> PreTask | None:
    """The one-off task that runs before this deploy's rollout."""
    return deploy.service.before if deploy.verb is Verb.DEPLOY else None


def configured_post_check(deploy: Deploy) -> PostCheck | None:
    """The check that follows this deploy's rollout."""
    return deploy.service.after if deploy.verb is Verb.DEPLOY else None


class OneOffTask(NamedTuple):
    """A task that runs once, beside the service."""

    container: str
    """Empty: the one whose image decides the tag."""
    deadline: int
    """How long it may take (seconds)."""


def one_off_task(deploy: Deploy) -> OneOffTask | None:
    """The task before the rollout, or that of a command."""
    if deploy.command is not None:
        return OneOffTask("", deploy.service.run_deadline)
    task = configured_pre_task(deploy)
    return OneOffTask(task.container, task.deadline) if task else None


def task_phase(deploy: Deploy) -> Phase:
    """The phase in which its one-off task runs."""
    return Phase.RUNNING_COMMAND if deploy.verb is Verb.RUN else Phase.RUNNING_PRE_TASK


def pre_task_command(deploy: Deploy) -> str:
    """The command of its one-off task, as one line of plain text; empty if there is none."""
    if deploy.command is not None:
        return " ".join(deploy.command.line.split())
    task = configured_pre_task(deploy)
    return " ".join(" ".join(task.command).split()) if task else ""


def pre_task_started(deploy: Deploy) -> bool:
    """Whether its one-off task was started, or may have been: what it did stays done."""
    return deploy.pre_task is not None and deploy.pre_task.started
