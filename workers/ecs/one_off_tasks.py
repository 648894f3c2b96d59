"""One-off tasks: running one, finding it again, stopping it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from deploys.errors import AwsRefused
from deploys.short_names import short_arn
from workers.ecs import tasks
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.aws.error_translation import aws_call
from workers.ecs.state import ONE_OFF_PREFIX, TaskState
from workers.ecs.task_definitions import DEPLOY_TAG

CLIENT_TOKEN_SECONDS = 3000.0
"""For so long a repeated RunTask with the same clientToken surely starts no second task (seconds).

ECS keeps a token for 24 hours or for the task's life and an hour more, whichever is less (ECS API reference,
"Ensuring idempotency"), and lists a stopped task for about an hour (DescribeTasks). Some minutes of that hour
are left for clocks that differ.
"""

_TEMPORARY_REASONS = ("capacity is unavailable", "reached the limit", "provisioning")
"""In RunTask's ClientExceptions: what passes by itself."""


@dataclass(frozen=True)
class RunTaskRequest:
    """What is to run, and how it is known again."""

    cluster: str
    revision: str
    container: str
    command: Sequence[str]
    deploy_id: str
    token: str
    """The same for every try that may be the first to arrive. At most 64 visible ASCII characters."""
    run_task_settings: dict[str, Any]
    """`ServiceSeen.launch`."""


@dataclass(frozen=True)
class NoCapacity:
    """ECS could not place the task, and started none."""

    reason: str
    """Of the API failure reasons: `RESOURCE:MEMORY`, `AGENT`, `Capacity is unavailable at this time` ..."""


def started_by_value(deploy_id: str) -> str:
    """What a deploy's one-off task carries in its startedBy."""
    return f"{ONE_OFF_PREFIX}{deploy_id}"


def run(region: RegionClients, request: RunTaskRequest) -> str | NoCapacity:
    """Asks ECS for the task: its ARN, also where an earlier try with this token started it.

    Raises the errors of `aws_call`; after AwsUncertain it may have been started. A missing iam:PassRole shows
    up here as AwsDenied.
    """
    try:
        with aws_call("ecs:RunTask", changes=True):
            answer = region.ecs.run_task(
                **request.run_task_settings,
                cluster=request.cluster,
                taskDefinition=request.revision,
                count=1,
                startedBy=started_by_value(request.deploy_id),
                clientToken=request.token,
                overrides={
                    "containerOverrides": [{"name": request.container, "command": list(request.command)}]
                },
                tags=[{"key": DEPLOY_TAG, "value": request.deploy_id}],
            )
    except AwsRefused as error:
        if (running := _already_started_task(error)) is not None:
            return running
        if reason := _no_capacity_reason(error):
            return NoCapacity(reason)
        raise
    for task in answer["tasks"]:
        return task["taskArn"]
    reasons = [failure.get("reason", "") for failure in answer["failures"]]
    return NoCapacity(next(filter(None, reasons), "no reason given"))


def find(region: RegionClients, cluster: str, revision: str, deploy_id: str) -> TaskState | None:
    """The deploy's one-off task, running or stopped within about the last hour; None where ECS lists none.

    ListTasks takes startedBy as its only filter, and then lists the tasks that should run; the stopped ones
    are found by their family.

    Raises the errors of `aws_call`.
    """
    mark = started_by_value(deploy_id)
    arns = _list_task_arns(region, cluster=cluster, startedBy=mark)
    if not arns:
        family = short_arn(revision).rsplit(":", 1)[0]
        arns = _list_task_arns(region, cluster=cluster, family=family, desiredStatus="STOPPED")
    found = [task for task in tasks.describe(region, cluster, arns).values() if task.started_by == mark]
    return min(found, key=lambda task: task.created_at or 0.0, default=None)


def stop(region: RegionClients, cluster: str, task_arn: str, reason: str) -> None:
    """Asks ECS to stop the task. Raises the errors of `aws_call`; doing it again does no harm."""
    with aws_call("ecs:StopTask", changes=True):
        region.ecs.stop_task(cluster=cluster, task=task_arn, reason=reason)


def _list_task_arns(region: RegionClients, **filters: Any) -> list[str]:
    arns: list[str] = []
    with aws_call("ecs:ListTasks"):
        for page in region.ecs.get_paginator("list_tasks").paginate(**filters):
            arns += page["taskArns"]
    return arns


def _already_started_task(error: AwsRefused) -> str | None:
    """The task of an earlier try whose other parameters differed, as the service was changed in between.

    ConflictException then has the task's ARN in `resourceIds` (ECS API reference).
    """
    if error.facts["code"] != "ConflictException":
        return None
    return next(iter(_error_response(error).get("resourceIds") or []), None)


def _no_capacity_reason(error: AwsRefused) -> str:
    """What RunTask says of quotas and capacity as a ClientException, not in its `failures`; else empty."""
    said = str(_error_response(error).get("Error", {}).get("Message") or "")
    passes = any(words in said.lower() for words in _TEMPORARY_REASONS)
    return said if error.facts["code"] == "ClientException" and passes else ""


def _error_response(error: AwsRefused) -> dict[str, Any]:
    cause = error.__cause__
    return dict(cause.response) if isinstance(cause, ClientError) else {}
