"""Revisions that Terraform registers with a pipeline's role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.workers.engine_harness import EngineHarness

CI_ROLE = "arn:aws:iam::123456789012:role/ci"
Json = dict[str, Any]
COPIED_FIELDS = (
    "family",
    "taskRoleArn",
    "executionRoleArn",
    "networkMode",
    "requiresCompatibilities",
    "cpu",
    "memory",
    "runtimePlatform",
    "containerDefinitions",
)


def terraform_client(harness: EngineHarness, session: str = "terraform") -> Any:
    """An ECS client with the keys of the pipeline's role."""
    harness.ecs.add_role(CI_ROLE)
    keys = harness.ecs.client("sts").assume_role(RoleArn=CI_ROLE, RoleSessionName=session)["Credentials"]
    return harness.ecs.client(
        "ecs",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def register_revision(
    harness: EngineHarness,
    change: Callable[[Json], None] = lambda _: None,
    like: str = "web:17",
    tags: Json | None = None,
) -> str:
    """Registers a copy of another revision with one change, as Terraform does; its ARN. It has Terraform's
    own tags."""
    content = harness.ecs_client.describe_task_definition(taskDefinition=like)["taskDefinition"]
    request = {key: content[key] for key in COPIED_FIELDS if key in content}
    change(request)
    written = {"team": "shop"} if tags is None else tags
    answer = terraform_client(harness).register_task_definition(
        **request, tags=[{"key": key, "value": value} for key, value in written.items()]
    )
    arn: str = answer["taskDefinition"]["taskDefinitionArn"]
    return arn


def double_memory(request: Json) -> None:
    """From 512 to 1024 MiB."""
    request["memory"] = "1024"


def change_environment(request: Json) -> None:
    """Adds a variable, changes another one, and doubles the memory."""
    double_memory(request)
    environment = request["containerDefinitions"][0]["environment"]
    environment[1]["value"] = "debug-and-trace"
    environment.append({"name": "QUEUE_TOKEN", "value": "s3cret-of-the-queue"})


def describe_revision(harness: EngineHarness, arn: str | None) -> Json:
    """The description of a revision, with its tags as a dictionary."""
    answer = harness.ecs_client.describe_task_definition(taskDefinition=arn or "", include=["TAGS"])
    tags = {tag["key"]: tag["value"] for tag in answer.get("tags", ())}
    return {**answer["taskDefinition"], "tags": tags}
