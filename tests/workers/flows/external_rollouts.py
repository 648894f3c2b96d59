"""External rollouts, and the deploys that follow them."""

from __future__ import annotations

import re
from typing import Any

from deploys.records.request import Verb
from deploys.records.thread_messages import ThreadMessageKind
from tests.builders import REGISTRY, a_deploy, a_service
from tests.workers.engine_harness import ALICE, EngineHarness
from tests.workers.flows.console_actions import changing_operations


def start_external_rollout(harness: EngineHarness, tag: str, service: str = "web") -> str:
    """Registers a revision and updates the service, as a pipeline does; the deployment's id."""
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
    """The calls so far that changed something in AWS."""
    return changing_operations(harness.ecs.calls())


def end_message(harness: EngineHarness, deploy_id: str) -> str:
    """The end message in the thread, without times."""
    return without_times(harness.thread_text(deploy_id, ThreadMessageKind.END))


def without_times(text: str) -> str:
    text = re.sub(r"<!date\^[^>]*>", "THEN", text)
    text = re.sub(r"\b\d+ (min|s)\b( \d\d s)?", "SOME TIME", text)
    return re.sub(r"ecs-svc/\d+", "ecs-svc/N", text)


COPIED_FIELDS = (
    "containerDefinitions",
    "networkMode",
    "requiresCompatibilities",
    "cpu",
    "memory",
    "executionRoleArn",
    "taskRoleArn",
)


def deploy_in_console(harness: EngineHarness, service: str) -> str:
    """Deploys a revision that Slipway did not register; its ARN."""
    ecs = harness.ecs.client("ecs")
    running = harness.describe_service(service)["taskDefinition"]
    before = ecs.describe_task_definition(taskDefinition=running)["taskDefinition"]
    made = ecs.register_task_definition(family=service, **{key: before[key] for key in COPIED_FIELDS})
    arn: str = made["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(cluster="production", service=service, taskDefinition=arn)
    return arn
