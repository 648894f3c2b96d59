"""ECS tasks: the present and recently stopped ones of a service, and their scale-in protection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from deploys.redaction import redact
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.aws.error_translation import aws_call
from workers.ecs.describe_calls import check_failures, in_batches
from workers.ecs.state import ContainerState, TaskState

if TYPE_CHECKING:
    from mypy_boto3_ecs.literals import DesiredStatusType
    from mypy_boto3_ecs.type_defs import ContainerTypeDef, TaskTypeDef

_TASKS_PER_CALL = 100
"""DescribeTasks takes 100 tasks a call, and ListTasks returns pages of 100."""
_PROTECTED_TASKS_PER_CALL = 100
"""GetTaskProtection takes 100 tasks a call."""


@dataclass(frozen=True)
class TaskProtection:
    """Whether a task is protected from scale-in, and until when. ECS stops no protected task."""

    enabled: bool
    until: float | None = None
    """When it ends by itself (epoch seconds)."""


def list_service_tasks(
    region: RegionClients, cluster: str, service: str, *, stopped: bool = True
) -> tuple[TaskState, ...]:
    """All tasks of a service, oldest first: those that should run and, with `stopped`, those that should not.

    The second list has the tasks that are stopping, which a service's runningCount leaves out, and those that
    stopped within about the last hour: later ECS forgets them. The first list is read before the second, so a
    task that stops in between is in one of them.

    Raises the errors of `aws_call`.
    """
    arns = list_running(region, cluster, service)
    if stopped:
        arns += _list_arns(region, cluster, service, "STOPPED")
    return tuple(
        sorted(describe(region, cluster, arns).values(), key=lambda task: (task.created_at or 0.0, task.arn))
    )


def list_running(region: RegionClients, cluster: str, service: str) -> list[str]:
    """ARNs of the tasks of a service that should run. Raises the errors of `aws_call`."""
    return _list_arns(region, cluster, service, "RUNNING")


def list_stopped_tasks(
    region: RegionClients, cluster: str, service: str, deployment_id: str = ""
) -> tuple[TaskState, ...]:
    """The tasks that stopped or are stopping, oldest first: of this deployment (`ecs-svc/N`), or of all.

    ECS writes the deployment's id into a task's startedBy.

    Raises the errors of `aws_call`.
    """
    tasks = describe(region, cluster, _list_arns(region, cluster, service, "STOPPED")).values()
    ours = [task for task in tasks if deployment_id in ("", task.started_by)]
    return tuple(sorted(ours, key=lambda task: (task.created_at or 0.0, task.arn)))


def describe(region: RegionClients, cluster: str, arns: Sequence[str]) -> dict[str, TaskState]:
    """Tasks by ARN; one that ECS does not have (any more) is absent.

    Raises the errors of `aws_call`.
    """
    states: dict[str, TaskState] = {}
    for batch in in_batches(arns, _TASKS_PER_CALL):
        with aws_call("ecs:DescribeTasks"):
            answer = region.ecs.describe_tasks(cluster=cluster, tasks=batch)
        check_failures("ecs:DescribeTasks", answer.get("failures", ()))
        states |= {task["taskArn"]: _task_state(task) for task in answer["tasks"]}
    return states


def read_protection(region: RegionClients, cluster: str, arns: Sequence[str]) -> dict[str, TaskProtection]:
    """The protection of tasks by ARN. A task that is stopping or gone is absent: ECS answers only for tasks
    that run for a service (ECS API reference, GetTaskProtection).

    Raises the errors of `aws_call`.
    """
    protections: dict[str, TaskProtection] = {}
    for batch in in_batches(arns, _PROTECTED_TASKS_PER_CALL):
        with aws_call("ecs:GetTaskProtection"):
            answer = region.ecs.get_task_protection(cluster=cluster, tasks=batch)
        for task in answer["protectedTasks"]:
            until = task.get("expirationDate")
            protections[task.get("taskArn", "")] = TaskProtection(
                enabled=task.get("protectionEnabled", False),
                until=until.timestamp() if until else None,
            )
    return protections


def _list_arns(
    region: RegionClients, cluster: str, service: str, desired_status: DesiredStatusType
) -> list[str]:
    arns: list[str] = []
    with aws_call("ecs:ListTasks"):
        pages = region.ecs.get_paginator("list_tasks").paginate(
            cluster=cluster, serviceName=service, desiredStatus=desired_status
        )
        for page in pages:
            arns += page["taskArns"]
    return arns


def _task_state(task: TaskTypeDef) -> TaskState:
    return TaskState(
        arn=task["taskArn"],
        last_status=task.get("lastStatus", ""),
        desired_status=task.get("desiredStatus", ""),
        revision=task.get("taskDefinitionArn", ""),
        started_by=task.get("startedBy", ""),
        stop_code=task.get("stopCode", ""),
        stopped_reason=redact(task.get("stoppedReason", "")),
        created_at=_seconds(task.get("createdAt")),
        started_at=_seconds(task.get("startedAt")),
        stopping_at=_seconds(task.get("stoppingAt")),
        stopped_at=_seconds(task.get("stoppedAt")),
        containers=tuple(_container_state(container) for container in task.get("containers", ())),
    )


def _container_state(container: ContainerTypeDef) -> ContainerState:
    return ContainerState(
        name=container.get("name", ""),
        last_status=container.get("lastStatus", ""),
        exit_code=container.get("exitCode"),
        reason=redact(container.get("reason", "")),
        image=container.get("image", ""),
        digest=container.get("imageDigest", ""),
        health=container.get("healthStatus", ""),
        runtime_id=container.get("runtimeId", ""),
    )


def _seconds(at: datetime | None) -> float | None:
    return at.timestamp() if at else None
