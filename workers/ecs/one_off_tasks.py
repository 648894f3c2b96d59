"""One-off tasks: runs one, finds it again, stops it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from deploys.errors import AwsRefused
from deploys.redaction import redact
from deploys.short_names import short_arn
from workers.ecs import tasks
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.aws.error_translation import aws_call
from workers.ecs.state import ONE_OFF_PREFIX, TaskState
from workers.ecs.task_definitions import DEPLOY_TAG

CLIENT_TOKEN_SECONDS = 3000.0
"""Within this time a repeated RunTask with the same clientToken never starts a second task (seconds).

ECS keeps a token for 24 hours, or for the task's life and one hour more if that is less (ECS API reference,
"Ensuring idempotency"), and lists a stopped task for about an hour (DescribeTasks). Some minutes of that hour
are left for clocks that differ.
"""

_TEMPORARY_REASONS = ("capacity is unavailable", "reached the limit", "provisioning")
"""Phrases in RunTask's ClientExceptions about conditions that end by themselves."""


@dataclass(frozen=True)
class RunTaskRequest:
    """What to run, and how to find it again."""

    cluster: str
    revision: str
    container: str
    command: Sequence[str]
    deploy_id: str
    token: str
    """The same for every try, until one has certainly arrived. At most 64 visible ASCII characters."""
    run_task_settings: dict[str, Any]
    """`ServiceState.run_task_settings`."""


@dataclass(frozen=True)
class NoCapacity:
    """ECS could not place the task, and started none."""

    reason: str
    """One of the API failure reasons: `RESOURCE:MEMORY`, `AGENT`, `Capacity is unavailable at this time` ...
    """


def started_by_value(deploy_id: str) -> str:
    """The startedBy of a deploy's one-off task."""
    return f"{ONE_OFF_PREFIX}{deploy_id}"


def run(region: RegionClients, request: RunTaskRequest) -> str | NoCapacity:
    """Asks ECS to run the task; returns its ARN, also if an earlier try with this token started it.

    Raises the errors of `aws_call`; after AwsResultUnknown it may have been started. A missing iam:PassRole
    is an AwsDenied of this call.
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
        if (started_before := _already_started_task(error)) is not None:
            return started_before
        if reason := _no_capacity_reason(error):
            return NoCapacity(reason)
        raise
    for task in answer["tasks"]:
        return task["taskArn"]
    reasons = [redact(failure.get("reason", "")) for failure in answer["failures"]]
    return NoCapacity(next(filter(None, reasons), "no reason given"))


def find(region: RegionClients, cluster: str, revision: str, deploy_id: str) -> TaskState | None:
    """The deploy's one-off task, if it runs or stopped within about the last hour; None if ECS lists none.

    If ListTasks filters by startedBy, it takes no other filter and lists only the tasks that should run;
    stopped tasks are found by their family.

    Raises the errors of `aws_call`.
    """
    started_by = started_by_value(deploy_id)
    arns = _list_task_arns(region, cluster=cluster, startedBy=started_by)
    if not arns:
        family = short_arn(revision).rsplit(":", 1)[0]
        arns = _list_task_arns(region, cluster=cluster, family=family, desiredStatus="STOPPED")
    candidates = [
        task for task in tasks.describe(region, cluster, arns).values() if task.started_by == started_by
    ]
    return min(candidates, key=lambda task: task.created_at or 0.0, default=None)


def stop(region: RegionClients, cluster: str, task_arn: str, reason: str) -> None:
    """Asks ECS to stop the task. Repeating it does no harm. Raises the errors of `aws_call`."""
    with aws_call("ecs:StopTask", changes=True):
        region.ecs.stop_task(cluster=cluster, task=task_arn, reason=reason)


def _list_task_arns(region: RegionClients, **filters: Any) -> list[str]:
    arns: list[str] = []
    with aws_call("ecs:ListTasks"):
        for page in region.ecs.get_paginator("list_tasks").paginate(**filters):
            arns += page["taskArns"]
    return arns


def _already_started_task(error: AwsRefused) -> str | None:
    """The task of an earlier try with other parameters: the service was changed in between.

    ConflictException then has the task's ARN in `resourceIds` (ECS API reference).
    """
    if error.facts["code"] != "ConflictException":
        return None
    return next(iter(_error_response(error).get("resourceIds") or []), None)


def _no_capacity_reason(error: AwsRefused) -> str:
    """What a ClientException of RunTask says about quotas or capacity; empty if it is another one."""
    message = redact(str(_error_response(error).get("Error", {}).get("Message") or ""))
    is_temporary = any(phrase in message.lower() for phrase in _TEMPORARY_REASONS)
    return message if error.facts["code"] == "ClientException" and is_temporary else ""


def _error_response(error: AwsRefused) -> dict[str, Any]:
    cause = error.__cause__
    return dict(cause.response) if isinstance(cause, ClientError) else {}
