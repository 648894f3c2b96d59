"""Somebody else's rollout, and a deploy of ours that follows it."""

from __future__ import annotations

import re
from typing import Any

from deploys.records.request import Verb
from deploys.records.thread_messages import ThreadMessageKind
from tests.builders import REGISTRY, a_deploy, a_service
from tests.workers.engine_harness import ALICE, EngineHarness

READ_PREFIXES = ("Describe", "List", "Get", "BatchGet")


def start_external_rollout(harness: EngineHarness, tag: str, service: str = "web") -> str:
    """A pipeline registers a revision and updates the service; the deployment's id."""
    ecs = harness.ecs.client("ecs")
    running = harness.describe_service(service)["taskDefinition"]
    content = ecs.describe_task_definition(taskDefinition=running)["taskDefinition"]
    kept = ("family", "executionRoleArn", "networkMode", "requiresCompatibilities", "cpu", "memory")
    containers = [dict(each) for each in content["containerDefinitions"]]
    containers[0]["image"] = f"{REGISTRY}/{service}:{tag}"
    request = {key: content[key] for key in kept if key in content}
    registered = ecs.register_task_definition(**request, containerDefinitions=containers)
    arn = registered["taskDefinition"]["taskDefinitionArn"]
    updated = ecs.update_service(cluster="production", service=service, taskDefinition=arn)
    return str(next(d["id"] for d in updated["service"]["deployments"] if d["status"] == "PRIMARY"))


def request_follow(harness: EngineHarness, service: str = "web", **changes: Any) -> str:
    """`/deploy follow web` by alice; the deploy's id."""
    deploy = a_deploy(
        a_service(service, **changes),
        verb=Verb.FOLLOW,
        tag="",
        request={"requester": ALICE, "requested_at": harness.ecs.now()},
    )
    return harness.store.submit(deploy).deploy.id


def changing_calls(harness: EngineHarness) -> list[str]:
    """The calls so far that change something in AWS."""
    return [call.operation for call in harness.ecs.calls() if not call.operation.startswith(READ_PREFIXES)]


def end_message(harness: EngineHarness, deploy_id: str) -> str:
    """The last word in the thread, without times."""
    return without_times(harness.thread_text(deploy_id, ThreadMessageKind.END))


def without_times(text: str) -> str:
    text = re.sub(r"<!date\^[^>]*>", "THEN", text)
    text = re.sub(r"\b\d+ (min|s)\b( \d\d s)?", "SOME TIME", text)
    return re.sub(r"ecs-svc/\d+", "ecs-svc/N", text)
