"""Which containers of a task are essential, and which have a health check: its task definition says so.

If an essential container stops, the task stops; and only essential containers count for the task's health
(ECS API reference, ContainerDefinition `essential` and Task `healthStatus`). A container that the task
definition does not name was added by AWS, for example `aws-guardduty-agent-*` or `ecs-service-connect-*`, and
is not essential.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from deploys.errors import SlipwayError
from workers.ecs import task_definitions
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.state import ContainerState, RevisionState, TaskState

_AWS_CONTAINER_PREFIXES = ("aws-guardduty-agent", "ecs-service-connect")
"""Prefixes of the names of containers that AWS adds (GuardDuty and ECS developer guides)."""


def read_essential_containers(region: RegionClients, tasks: Sequence[TaskState]) -> tuple[TaskState, ...]:
    """The tasks with what their task definitions say about each container. A task definition that cannot be
    read is left out: causes are not worth waiting for.

    A task definition is read only if one of its tasks has several containers.
    """
    needed = {task.revision for task in tasks if len(task.containers) > 1}
    revisions = {revision: _read_revision(region, revision) for revision in needed}
    return tuple(mark_essential_containers(task, revisions.get(task.revision)) for task in tasks)


def mark_essential_containers(task: TaskState, revision: RevisionState | None) -> TaskState:
    """The task with what its revision says about each container. Pure."""
    if revision is None:
        return replace(task, containers=tuple(_guess_essential(each, task) for each in task.containers))
    definitions = task_definitions.containers_by_name(revision)
    return replace(task, containers=tuple(_mark_container(each, definitions) for each in task.containers))


def _read_revision(region: RegionClients, revision: str) -> RevisionState | None:
    try:
        return task_definitions.describe(region, revision)
    except SlipwayError:
        return None


def _mark_container(container: ContainerState, definitions: Mapping[str, dict[str, Any]]) -> ContainerState:
    definition = definitions.get(container.name)
    if definition is None:
        return replace(container, essential=False)
    return replace(
        container, essential=definition.get("essential", True), has_health_check="healthCheck" in definition
    )


def _guess_essential(container: ContainerState, task: TaskState) -> ContainerState:
    if len(task.containers) == 1:
        return replace(container, essential=True)
    if container.name.startswith(_AWS_CONTAINER_PREFIXES):
        return replace(container, essential=False)
    return container
