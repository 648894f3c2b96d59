"""Deploys that run a task before their rollout, and what is left of it."""

from __future__ import annotations

import re
from typing import Any

from deploys.catalogue.service import TaskBefore
from tests.workers.yard import Yard

MIGRATE = TaskBefore(command=("python", "-m", "web", "migrate"))


def ask(yard: Yard, *command: str, service: str = "web", tag: str = "1.4.2", **before: Any) -> str:
    """A deploy that runs this command first; its id."""
    return yard.ask(service, tag, before=TaskBefore(command=command or MIGRATE.command, **before))


def one_offs(yard: Yard) -> list[dict[str, Any]]:
    """All tasks that belong to no service, over all time."""
    return [task for task in yard.ecs.state()["tasks"] if task["service"] is None]


def assert_untouched(yard: Yard, service: str = "web") -> None:
    """The service runs what it ran, and nobody even tried to change it."""
    assert yard.ecs.calls("UpdateService") == []
    assert yard.images_running(service) == {"1.4.0"}
    assert yard.leftovers() == []


def told(text: str) -> str:
    """What the thread was told, without ids and times that differ from run to run."""
    text = re.sub(r"[0-9a-f]{32}", "TASK", text)
    return re.sub(r"after \d+ s\b", "after N s", text)


def not_essential(yard: Yard, service: str, container: str) -> None:
    """The service runs another revision: this container is not essential in it."""
    ecs = yard.ecs.client("ecs")
    told = ecs.describe_task_definition(taskDefinition=service)["taskDefinition"]
    for definition in told["containerDefinitions"]:
        definition["essential"] = definition["name"] != container
    known = ecs.meta.service_model.operation_model("RegisterTaskDefinition").input_shape.members
    copy = {name: value for name, value in told.items() if name in known}
    ecs.register_task_definition(**copy)
    ecs.update_service(cluster="production", service=service, taskDefinition=service)
    yard.ecs.advance(300)
