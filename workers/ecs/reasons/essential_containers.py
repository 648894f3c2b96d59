"""Which containers of a task can end it, and which have a health check: its task definition says so.

A task goes down with an essential container, and its health is theirs alone (ECS API reference,
ContainerDefinition `essential` and Task `healthStatus`). A container that the task definition does not name
was added by AWS, as `aws-guardduty-agent-*` and `ecs-service-connect-*` are: it is a bystander.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from deploys.errors import SlipwayError
from workers.ecs import task_definitions
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.state import ContainerState, RevisionState, TaskState

_AWS_CONTAINER_PREFIXES = ("aws-guardduty-agent", "ecs-service-connect")
"""Begin the names of containers that AWS adds (GuardDuty and ECS developer guides)."""


def read_essential_containers(region: RegionClients, tasks: Sequence[TaskState]) -> tuple[TaskState, ...]:
    """The tasks with what their task definitions say of each container. One that cannot be read says nothing:
    nobody waits for causes.

    A task definition is asked for only if one of its tasks has several containers.
    """
    several = {task.revision for task in tasks if len(task.containers) > 1}
    read = {revision: _read_revision(region, revision) for revision in several}
    return tuple(mark_essential_containers(task, read.get(task.revision)) for task in tasks)


def mark_essential_containers(task: TaskState, revision: RevisionState | None) -> TaskState:
    """The task with what this revision, its own, says of each container. Pure."""
    if revision is None:
        return replace(task, containers=tuple(_guess_essential(each, task) for each in task.containers))
    defined = {
        container["name"]: container
        for container in cast("list[dict[str, Any]]", revision.raw.get("containerDefinitions", []))
    }
    return replace(task, containers=tuple(_mark_container(each, defined) for each in task.containers))


def _read_revision(region: RegionClients, revision: str) -> RevisionState | None:
    try:
        return task_definitions.describe(region, revision)
    except SlipwayError:
        return None


def _mark_container(container: ContainerState, defined: Mapping[str, dict[str, Any]]) -> ContainerState:
    definition = defined.get(container.name)
    if definition is None:
        return replace(container, essential=False)
    return replace(
        container, essential=definition.get("essential", True), has_health_check="healthCheck" in definition
    )


def _guess_essential(container: ContainerState, task: TaskState) -> ContainerState:
    if len(task.containers) == 1:
        return replace(container, essential=True)
    return (
        replace(container, essential=False)
        if container.name.startswith(_AWS_CONTAINER_PREFIXES)
        else container
    )
