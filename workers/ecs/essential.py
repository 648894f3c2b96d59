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
from workers.ecs.seen import ContainerSeen, RevisionSeen, TaskSeen
from workers.ecs.session import Region

_ADDED_BY_AWS = ("aws-guardduty-agent", "ecs-service-connect")
"""Begin the names of containers that AWS adds (GuardDuty and ECS developer guides)."""


def with_essential(region: Region, tasks: Sequence[TaskSeen]) -> tuple[TaskSeen, ...]:
    """The tasks with what their task definitions say of each container. One that cannot be read says nothing:
    nobody waits for causes.

    A task definition is asked for only if one of its tasks has several containers.
    """
    several = {task.revision for task in tasks if len(task.containers) > 1}
    read = {revision: _read(region, revision) for revision in several}
    return tuple(marked(task, read.get(task.revision)) for task in tasks)


def marked(task: TaskSeen, revision: RevisionSeen | None) -> TaskSeen:
    """The task with what this revision, its own, says of each container. Pure."""
    if revision is None:
        return replace(task, containers=tuple(_guessed(each, task) for each in task.containers))
    defined = {
        container["name"]: container
        for container in cast("list[dict[str, Any]]", revision.raw.get("containerDefinitions", []))
    }
    return replace(task, containers=tuple(_marked(each, defined) for each in task.containers))


def _read(region: Region, revision: str) -> RevisionSeen | None:
    try:
        return task_definitions.describe(region, revision)
    except SlipwayError:
        return None


def _marked(container: ContainerSeen, defined: Mapping[str, dict[str, Any]]) -> ContainerSeen:
    definition = defined.get(container.name)
    if definition is None:
        return replace(container, essential=False)
    return replace(
        container, essential=definition.get("essential", True), checked="healthCheck" in definition
    )


def _guessed(container: ContainerSeen, task: TaskSeen) -> ContainerSeen:
    if len(task.containers) == 1:
        return replace(container, essential=True)
    return replace(container, essential=False) if container.name.startswith(_ADDED_BY_AWS) else container
