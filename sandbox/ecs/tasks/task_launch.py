"""Launches a task, for a service or for RunTask."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.ecs.records import EcsService, EcsTask, TaskContainer, TaskDefinition
from sandbox.ecs.region import EcsRegion
from sandbox.ecs.tasks import task_startup

_MANAGED_TAGS = ("aws:ecs:clusterName", "aws:ecs:serviceName")


@dataclass(frozen=True)
class LaunchRequest:
    """The task to launch: its definition and cluster, and its service if it has one."""

    definition: TaskDefinition
    cluster: str
    group: str
    network: dict[str, Any]
    launch_type: str = "FARGATE"
    platform_version: str | None = None
    service: str | None = None
    deployment: str | None = None
    started_by: str | None = None
    overrides: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


def launch_request_for_service(
    region: EcsRegion, service: EcsService, deployment: str, definition: TaskDefinition
) -> LaunchRequest:
    """The service scheduler's request for one more task of `deployment`."""
    settings = service.settings
    tags: dict[str, str] = {}
    if settings.get("enableECSManagedTags"):
        tags.update(zip(_MANAGED_TAGS, (service.cluster, service.name), strict=True))
    if settings.get("propagateTags") == "TASK_DEFINITION":
        tags.update(definition.tags)
    elif settings.get("propagateTags") == "SERVICE":
        tags.update(service.tags)
    return LaunchRequest(
        definition=definition,
        cluster=service.cluster,
        group=f"service:{service.name}",
        network=settings.get("networkConfiguration", {}),
        launch_type=settings.get("launchType", "FARGATE"),
        platform_version=settings.get("platformVersion"),
        service=service.arn,
        deployment=deployment,
        started_by=deployment,
        tags=tags,
    )


def launch_task(region: EcsRegion, order: LaunchRequest) -> EcsTask:
    """Create the task and start it."""
    task = _new_task(region, order)
    region.tables.tasks.put(task.arn, task)
    task_startup.start_task(region, task.arn)
    return task


def _new_task(region: EcsRegion, order: LaunchRequest) -> EcsTask:
    names = region.ids
    task_id = names.new_hex_id()
    content = order.definition.content
    subnets = order.network.get("awsvpcConfiguration", {}).get("subnets", [])
    zone = len(region.tables.tasks) % 3
    platform = order.platform_version or "LATEST"
    return EcsTask(
        arn=names.arn("task", order.cluster, task_id),
        id=task_id,
        cluster=order.cluster,
        cluster_arn=names.arn("cluster", order.cluster),
        group=order.group,
        task_definition=order.definition.arn,
        created_at=region.now,
        containers=tuple(
            _new_container(region, order, task_id, definition) for definition in order.definition.containers
        ),
        cpu=str(order.overrides.get("cpu") or content.get("cpu", "")),
        memory=str(order.overrides.get("memory") or content.get("memory", "")),
        availability_zone=f"{region.name}{'abc'[zone]}",
        ip=f"10.0.{zone}.{region.random.randrange(10, 250)}",
        attachment_id=names.new_uuid(),
        interface_id=f"eni-0{names.new_hex_id(16)}",
        mac=":".join(["0a", *(names.new_hex_id(2) for _ in range(5))]),
        service=order.service,
        deployment=order.deployment,
        started_by=order.started_by,
        launch_type=order.launch_type,
        platform_version="1.4.0" if platform == "LATEST" else platform,
        subnet=subnets[zone % len(subnets)] if subnets else "",
        overrides=order.overrides,
        tags=order.tags,
    )


def _new_container(
    region: EcsRegion, order: LaunchRequest, task_id: str, definition: dict[str, Any]
) -> TaskContainer:
    memory = definition.get("memory")
    return TaskContainer(
        name=definition["name"],
        arn=region.ids.arn("container", order.cluster, task_id, region.ids.new_uuid()),
        image=definition["image"],
        essential=definition.get("essential", True),
        has_health_check="healthCheck" in definition,
        cpu=str(definition.get("cpu", 0)),
        memory=None if memory is None else str(memory),
    )
