"""Deploys with a pre-task, and the tasks that it leaves."""

from __future__ import annotations

import re
from typing import Any

from deploys.catalogue.nested_keys import PreTask
from tests.workers.engine_harness import EngineHarness

MIGRATE = PreTask(command=("python", "-m", "web", "migrate"))


def request_with_pre_task(
    harness: EngineHarness, *command: str, service: str = "web", tag: str = "1.4.2", **before: Any
) -> str:
    """Requests a deploy that runs this command first; its id."""
    return harness.request_deploy(service, tag, before=PreTask(command=command or MIGRATE.command, **before))


def one_off_tasks(harness: EngineHarness) -> list[dict[str, Any]]:
    """All tasks that ever ran outside a service."""
    return [task for task in harness.ecs.state()["tasks"] if task["service"] is None]


def assert_service_untouched(harness: EngineHarness, service: str = "web") -> None:
    """The service still runs the old version, and no call tried to change it."""
    assert harness.ecs.calls("UpdateService") == []
    assert harness.running_tags(service) == {"1.4.0"}
    assert harness.leftover_keys() == []


def without_ids_and_times(text: str) -> str:
    """A message without ids and times that differ between runs."""
    text = re.sub(r"[0-9a-f]{32}", "TASK", text)
    return re.sub(r"after \d+ s\b", "after N s", text)


def make_container_optional(harness: EngineHarness, service: str, container: str) -> None:
    """Deploys a revision of the service in which this container is not essential."""
    ecs = harness.ecs.client("ecs")
    revision = ecs.describe_task_definition(taskDefinition=service)["taskDefinition"]
    for definition in revision["containerDefinitions"]:
        definition["essential"] = definition["name"] != container
    known = ecs.meta.service_model.operation_model("RegisterTaskDefinition").input_shape.members
    copy = {name: value for name, value in revision.items() if name in known}
    ecs.register_task_definition(**copy)
    ecs.update_service(cluster="production", service=service, taskDefinition=service)
    harness.ecs.advance(300)
