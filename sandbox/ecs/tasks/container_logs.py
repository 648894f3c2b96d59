"""What containers write to their logs."""

from __future__ import annotations

from typing import Any

from sandbox.ecs.aws_services.ecr_images import ParsedImage
from sandbox.ecs.records import EcsTask
from sandbox.ecs.region import EcsRegion


def log_startup(region: EcsRegion, task: EcsTask) -> None:
    for definition in region.task_definition(task.task_definition).containers:
        reference = ParsedImage.parse(definition["image"])
        name = reference.repository.rsplit("/", 1)[-1]
        version = reference.tag or (reference.digest or "")[:19]
        ports = [str(mapping["containerPort"]) for mapping in definition.get("portMappings", [])]
        lines = [f"INFO {name} {version} starting"]
        if task.own_command is not None and task.own_command[0] == definition["name"]:
            lines.append(f"INFO running {' '.join(task.own_command[1])}")
        elif ports:
            lines.append(f"INFO listening on port {', '.join(ports)}")
        region.logs.write(definition, task.id, region.now, lines)


def log_crash(region: EcsRegion, task: EcsTask, container: str) -> None:
    """A Docker label `log-at-crash` has further lines, for an app that tells more than it should."""
    definition = _container_definition(region, task, container)
    labels = definition.get("dockerLabels") or {}
    lines = (
        "ERROR configuration: DATABASE_URL names a host that does not resolve: db.internal",
        *filter(None, labels.get("log-at-crash", "").split("\n")),
        "FATAL giving up, exit status 1",
    )
    region.logs.write(definition, task.id, region.now, lines)


def log_lines(region: EcsRegion, task: EcsTask, container: str, lines: list[str]) -> None:
    region.logs.write(_container_definition(region, task, container), task.id, region.now, lines)


def _container_definition(region: EcsRegion, task: EcsTask, container: str) -> dict[str, Any]:
    definitions = region.task_definition(task.task_definition).containers
    return next(definition for definition in definitions if definition["name"] == container)
