"""What people do in the ECS console, and which calls change something."""

from __future__ import annotations

from typing import Any

from sandbox.ecs.http.dispatcher import AwsCallNote
from tests.workers.engine_harness import EngineHarness

READ_PREFIXES = ("Describe", "List", "Get", "BatchGet", "AssumeRole")


def changing_operations(calls: list[AwsCallNote]) -> list[str]:
    """The calls that change something, including those that AWS refused."""
    return [call.operation for call in calls if not call.operation.startswith(READ_PREFIXES)]


def let_ecs_settle(harness: EngineHarness) -> None:
    for _ in range(60):
        harness.ecs.advance(5)


def create_service(harness: EngineHarness, name: str, **changes: Any) -> None:
    """Creates another service with web's revision, and waits until it is steady."""
    settings = {"taskDefinition": "web:17", "desiredCount": 1, "launchType": "FARGATE", **changes}
    web = harness.describe_service("web")
    if settings["taskDefinition"]:
        settings["networkConfiguration"] = web["networkConfiguration"]
    given = {key: value for key, value in settings.items() if value is not None}
    harness.ecs_client.create_service(cluster="production", serviceName=name, **given)
    let_ecs_settle(harness)


def configure_breaker(harness: EngineHarness, service: str, **breaker: Any) -> None:
    before = harness.describe_service(service)["deploymentConfiguration"]
    harness.ecs_client.update_service(
        cluster="production",
        service=service,
        deploymentConfiguration={**before, "deploymentCircuitBreaker": breaker},
    )


def deregister_revision(harness: EngineHarness, revision: str) -> str:
    answer = harness.ecs_client.deregister_task_definition(taskDefinition=revision)
    return str(answer["taskDefinition"]["taskDefinitionArn"])


def delete_running_image(harness: EngineHarness, service: str) -> None:
    """Deletes the running image from its repository, as a lifecycle policy does."""
    harness.ecs.client("ecr").batch_delete_image(repositoryName=service, imageIds=[{"imageTag": "1.4.0"}])
