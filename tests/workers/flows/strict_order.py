"""Tasks of a service over all time: whether strict order was kept, and which restore tags are left."""

from __future__ import annotations

from typing import Any

from tests.workers.engine_harness import EngineHarness
from workers.flows.stopped_service.restore_tags import RESTORE_TAG


def tasks_of(harness: EngineHarness, service: str) -> list[dict[str, Any]]:
    """All tasks of the service, over all time."""
    return [task for task in harness.ecs.state()["tasks"] if task["service"] == service]


def assert_strict_order(harness: EngineHarness, service: str) -> None:
    """No task of one revision was started while a task of another had not stopped."""
    tasks = tasks_of(harness, service)
    for one in tasks:
        for other in tasks:
            if one["taskDefinition"] == other["taskDefinition"] or one["createdAt"] < other["createdAt"]:
                continue
            assert other["stoppedAt"] is not None, f"{one} was created while {other} lived"
            assert one["createdAt"] >= other["stoppedAt"]


def restore_tags(harness: EngineHarness, service: str) -> list[str]:
    arn = harness.describe_service(service)["serviceArn"]
    tags = harness.ecs.client("ecs").list_tags_for_resource(resourceArn=arn)["tags"]
    return [tag["value"] for tag in tags if tag["key"] == RESTORE_TAG]
