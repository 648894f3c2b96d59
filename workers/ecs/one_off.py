"""One-off tasks: running one, finding it again, stopping it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from deploys.errors import AwsRefused
from workers.ecs import tasks
from workers.ecs.calls import aws_call
from workers.ecs.seen import ONE_OFF, TaskSeen
from workers.ecs.session import Region
from workers.ecs.task_definitions import DEPLOY_TAG

TOKEN_SECONDS = 3000.0
"""For so long a repeated RunTask with the same clientToken surely starts no second task (seconds).

ECS keeps a token for 24 hours or for the task's life and an hour more, whichever is less (ECS API reference,
"Ensuring idempotency"), and lists a stopped task for about an hour (DescribeTasks). Some minutes of that hour
are left for clocks that differ.
"""

_PASSES = ("capacity is unavailable", "reached the limit", "provisioning")
"""In RunTask's ClientExceptions: what passes by itself."""


@dataclass(frozen=True)
class Order:
    """What is to run, and how it is known again."""

    cluster: str
    revision: str
    container: str
    command: Sequence[str]
    deploy_id: str
    token: str
    """The same for every try that may be the first to arrive. At most 64 visible ASCII characters."""
    launch: dict[str, Any]
    """`ServiceSeen.launch`."""


@dataclass(frozen=True)
class NoRoom:
    """ECS could not place the task, and started none."""

    reason: str
    """Of the API failure reasons: `RESOURCE:MEMORY`, `AGENT`, `Capacity is unavailable at this time` ..."""


def started_by(deploy_id: str) -> str:
    """What a deploy's one-off task carries in its startedBy."""
    return f"{ONE_OFF}{deploy_id}"


def run(region: Region, order: Order) -> str | NoRoom:
    """Asks ECS for the task: its ARN, also where an earlier try with this token started it.

    Raises the errors of `aws_call`; after AwsUncertain it may have been started. A missing iam:PassRole shows
    up here as AwsDenied.
    """
    try:
        with aws_call("ecs:RunTask", changes=True):
            answer = region.ecs.run_task(
                **order.launch,
                cluster=order.cluster,
                taskDefinition=order.revision,
                count=1,
                startedBy=started_by(order.deploy_id),
                clientToken=order.token,
                overrides={"containerOverrides": [{"name": order.container, "command": list(order.command)}]},
                tags=[{"key": DEPLOY_TAG, "value": order.deploy_id}],
            )
    except AwsRefused as error:
        if (running := _started_already(error)) is not None:
            return running
        if reason := _no_room(error):
            return NoRoom(reason)
        raise
    for task in answer["tasks"]:
        return task["taskArn"]
    reasons = [failure.get("reason", "") for failure in answer["failures"]]
    return NoRoom(next(filter(None, reasons), "no reason given"))


def find(region: Region, cluster: str, revision: str, deploy_id: str) -> TaskSeen | None:
    """The deploy's one-off task, running or stopped within about the last hour; None where ECS lists none.

    ListTasks takes startedBy as its only filter, and then lists the tasks that should run; the stopped ones
    are found by their family.

    Raises the errors of `aws_call`.
    """
    mark = started_by(deploy_id)
    arns = _listed(region, cluster=cluster, startedBy=mark)
    if not arns:
        family = revision.rsplit("/", 1)[-1].rsplit(":", 1)[0]
        arns = _listed(region, cluster=cluster, family=family, desiredStatus="STOPPED")
    found = [task for task in tasks.describe(region, cluster, arns).values() if task.started_by == mark]
    return min(found, key=lambda task: task.created_at or 0.0, default=None)


def stop(region: Region, cluster: str, task_arn: str, reason: str) -> None:
    """Asks ECS to stop the task. Raises the errors of `aws_call`; doing it again does no harm."""
    with aws_call("ecs:StopTask", changes=True):
        region.ecs.stop_task(cluster=cluster, task=task_arn, reason=reason)


def _listed(region: Region, **filters: Any) -> list[str]:
    arns: list[str] = []
    with aws_call("ecs:ListTasks"):
        for page in region.ecs.get_paginator("list_tasks").paginate(**filters):
            arns += page["taskArns"]
    return arns


def _started_already(error: AwsRefused) -> str | None:
    """The task of an earlier try whose other parameters differed, as the service was changed in between.

    ConflictException then has the task's ARN in `resourceIds` (ECS API reference).
    """
    if error.facts["code"] != "ConflictException":
        return None
    return next(iter(_answer(error).get("resourceIds") or []), None)


def _no_room(error: AwsRefused) -> str:
    """What RunTask says of quotas and capacity as a ClientException, not in its `failures`; else empty."""
    said = str(_answer(error).get("Error", {}).get("Message") or "")
    passes = any(words in said.lower() for words in _PASSES)
    return said if error.facts["code"] == "ClientException" and passes else ""


def _answer(error: AwsRefused) -> dict[str, Any]:
    cause = error.__cause__
    return dict(cause.response) if isinstance(cause, ClientError) else {}
