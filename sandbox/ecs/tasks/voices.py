"""What the containers of the sandbox write when they start and when they crash."""

from __future__ import annotations

from sandbox.ecs.images import Reference
from sandbox.ecs.records import Task
from sandbox.ecs.region import Region


def say_hello(region: Region, task: Task) -> None:
    for definition in region.task_definition(task.task_definition).containers:
        reference = Reference.parse(definition["image"])
        name = reference.repository.rsplit("/", 1)[-1]
        version = reference.tag or (reference.digest or "")[:19]
        ports = [str(mapping["containerPort"]) for mapping in definition.get("portMappings", [])]
        lines = [f"INFO {name} {version} starting"]
        if task.command is not None and task.command[0] == definition["name"]:
            lines.append(f"INFO running {' '.join(task.command[1])}")
        elif ports:
            lines.append(f"INFO listening on port {', '.join(ports)}")
        region.logs.write(definition, task.id, region.now, lines)


def say_why_it_crashes(region: Region, task: Task, container: str) -> None:
    definition = _definition(region, task, container)
    lines = (
        "ERROR configuration: DATABASE_URL names a host that does not resolve: db.internal",
        "FATAL giving up, exit status 1",
    )
    region.logs.write(definition, task.id, region.now, lines)


def say(region: Region, task: Task, container: str, lines: list[str]) -> None:
    region.logs.write(_definition(region, task, container), task.id, region.now, lines)


def _definition(region: Region, task: Task, container: str) -> dict[str, object]:
    definitions = region.task_definition(task.task_definition).containers
    return next(definition for definition in definitions if definition["name"] == container)
