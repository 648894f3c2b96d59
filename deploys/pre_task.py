"""What a deploy does before and after its rollout.

Both belong to a new version. A rollback runs neither: the task of an old version could undo or redo what it
must not, and a firing alarm is mostly why somebody rolls back. A restart runs neither: its version has
passed both.
"""

from __future__ import annotations

from deploys.catalogue.nested_keys import PostCheck, PreTask
from deploys.records.deploy import Deploy
from deploys.records.request import Verb


def configured_pre_task(deploy: Deploy) -> PreTask | None:
    """The one-off task that runs before this deploy's rollout."""
    return deploy.service.before if deploy.verb is Verb.DEPLOY else None


def configured_post_check(deploy: Deploy) -> PostCheck | None:
    """The check that follows this deploy's rollout."""
    return deploy.service.after if deploy.verb is Verb.DEPLOY else None


def pre_task_command(deploy: Deploy) -> str:
    """The command of the task before the rollout, as one line of plain text; empty if there is none."""
    task = configured_pre_task(deploy)
    return " ".join(" ".join(task.command).split()) if task else ""


def pre_task_started(deploy: Deploy) -> bool:
    """Whether the task before the rollout was started, or may have been: what it did stays done."""
    return deploy.pre_task is not None and deploy.pre_task.started
