"""ECS tasks: which a service has, had a short while ago, and how each of them is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from workers.ecs import failures
from workers.ecs.batches import in_batches
from workers.ecs.calls import aws_call
from workers.ecs.seen import ContainerSeen, TaskSeen
from workers.ecs.session import Region

if TYPE_CHECKING:
    from mypy_boto3_ecs.literals import DesiredStatusType
    from mypy_boto3_ecs.type_defs import ContainerTypeDef, TaskTypeDef

_AT_ONCE = 100
"""DescribeTasks takes 100 tasks a call, and ListTasks pages at 100."""


def of_service(region: Region, cluster: str, service: str, *, stopped: bool = True) -> tuple[TaskSeen, ...]:
    """All tasks of a service, oldest first: those that should run and, with `stopped`, those that should
    not.

    The second list has the tasks that are on their way down, which a service's runningCount leaves out, and
    those that stopped within about the last hour (ECS forgets them then). The first is read before the
    second, so a task that is stopped in between is in one of them.

    Raises the errors of `aws_call`.
    """
    arns = _listed(region, cluster, service, "RUNNING")
    if stopped:
        arns += _listed(region, cluster, service, "STOPPED")
    return tuple(
        sorted(describe(region, cluster, arns).values(), key=lambda task: (task.created_at or 0.0, task.arn))
    )


def stopped_by(region: Region, cluster: str, service: str, deployment_id: str) -> tuple[TaskSeen, ...]:
    """The tasks of this one deployment (`ecs-svc/N`) that stopped or are being stopped, oldest first.

    ECS writes the deployment's id into a task's startedBy.

    Raises the errors of `aws_call`.
    """
    tasks = describe(region, cluster, _listed(region, cluster, service, "STOPPED")).values()
    ours = [task for task in tasks if task.started_by == deployment_id]
    return tuple(sorted(ours, key=lambda task: (task.created_at or 0.0, task.arn)))


def describe(region: Region, cluster: str, arns: Sequence[str]) -> dict[str, TaskSeen]:
    """Tasks by ARN; one that ECS does not have (any more) is absent.

    Raises the errors of `aws_call`.
    """
    seen: dict[str, TaskSeen] = {}
    for batch in in_batches(arns, _AT_ONCE):
        with aws_call("ecs:DescribeTasks"):
            answer = region.ecs.describe_tasks(cluster=cluster, tasks=batch)
        failures.check("ecs:DescribeTasks", answer.get("failures", ()))
        seen |= {task["taskArn"]: _seen(task) for task in answer["tasks"]}
    return seen


def _listed(region: Region, cluster: str, service: str, desired_status: DesiredStatusType) -> list[str]:
    arns: list[str] = []
    with aws_call("ecs:ListTasks"):
        pages = region.ecs.get_paginator("list_tasks").paginate(
            cluster=cluster, serviceName=service, desiredStatus=desired_status
        )
        for page in pages:
            arns += page["taskArns"]
    return arns


def _seen(task: TaskTypeDef) -> TaskSeen:
    return TaskSeen(
        arn=task["taskArn"],
        last_status=task.get("lastStatus", ""),
        desired_status=task.get("desiredStatus", ""),
        revision=task.get("taskDefinitionArn", ""),
        started_by=task.get("startedBy", ""),
        stop_code=task.get("stopCode", ""),
        stopped_reason=task.get("stoppedReason", ""),
        created_at=_seconds(task.get("createdAt")),
        started_at=_seconds(task.get("startedAt")),
        stopping_at=_seconds(task.get("stoppingAt")),
        stopped_at=_seconds(task.get("stoppedAt")),
        containers=tuple(_container(container) for container in task.get("containers", ())),
    )


def _container(container: ContainerTypeDef) -> ContainerSeen:
    return ContainerSeen(
        name=container.get("name", ""),
        last_status=container.get("lastStatus", ""),
        exit_code=container.get("exitCode"),
        reason=container.get("reason", ""),
        image=container.get("image", ""),
        digest=container.get("imageDigest", ""),
        health=container.get("healthStatus", ""),
        runtime_id=container.get("runtimeId", ""),
    )


def _seconds(at: datetime | None) -> float | None:
    return at.timestamp() if at else None
