"""Shorthands for what tests do with a region."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.ecs import EcsSandbox
from tests.builders import REGISTRY

CLUSTER = "production"
READ_ONLY_FIELDS = (
    "taskDefinitionArn",
    "revision",
    "status",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
    "compatibilities",
    "requiresAttributes",
)
Json = dict[str, Any]


def describe_service(client: Any, name: str) -> Json:
    found: Json = client.describe_services(cluster=CLUSTER, services=[name], include=["TAGS"])["services"][0]
    return found


def primary_deployment(client: Any, name: str) -> Json:
    return next(d for d in describe_service(client, name)["deployments"] if d["status"] == "PRIMARY")


def event_messages(client: Any, name: str) -> list[str]:
    """The service's events, oldest first."""
    return [event["message"] for event in reversed(describe_service(client, name)["events"])]


def register_revision(client: Any, family: str, tag: str) -> str:
    """Register a copy of the newest revision with another tag for the app's container. Returns its ARN."""
    described = client.describe_task_definition(taskDefinition=family, include=["TAGS"])
    copy = {key: value for key, value in described["taskDefinition"].items() if key not in READ_ONLY_FIELDS}
    own = next(c for c in copy["containerDefinitions"] if c["name"] == family)
    own["image"] = f"{own['image'].rpartition(':')[0]}:{tag}"
    if described.get("tags"):
        copy["tags"] = described["tags"]
    arn: str = client.register_task_definition(**copy)["taskDefinition"]["taskDefinitionArn"]
    return arn


def deploy_tag(client: Any, name: str, tag: str, **update: Any) -> Json:
    """Register a revision with that tag and update the service to it. Returns the new PRIMARY."""
    arn = register_revision(client, name, tag)
    updated = client.update_service(cluster=CLUSTER, service=name, taskDefinition=arn, **update)
    return next(d for d in updated["service"]["deployments"] if d["status"] == "PRIMARY")


def newest_service_deployment(client: Any, name: str) -> Json:
    """The newest service deployment, in full."""
    briefs = client.list_service_deployments(cluster=CLUSTER, service=name)["serviceDeployments"]
    arns = [briefs[0]["serviceDeploymentArn"]]
    found: Json = client.describe_service_deployments(serviceDeploymentArns=arns)["serviceDeployments"][0]
    return found


def service_tasks(client: Any, name: str, status: str = "RUNNING") -> list[Json]:
    arns = client.list_tasks(cluster=CLUSTER, serviceName=name, desiredStatus=status)["taskArns"]
    if not arns:
        return []
    found: list[Json] = client.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"]
    return found


def advance_until(
    ecs: EcsSandbox, condition: Callable[[], object], *, within: float = 600.0, step: float = 0.5
) -> None:
    """Let time pass until `condition` holds. Fails if it does not within `within` seconds."""
    end = ecs.now() + within
    while not condition():
        assert ecs.now() < end, f"it did not happen within {within} s: {ecs.state()}"
        ecs.advance(step)


def advance_until_steady(
    ecs: EcsSandbox, client: Any, name: str, *, within: float = 600.0, step: float = 0.5
) -> Json:
    """Let time pass until the service is steady. Returns its newest service deployment."""
    advance_until(
        ecs,
        lambda: (
            len(describe_service(client, name)["deployments"]) == 1
            and ecs.state()["services"][name]["steady"]
        ),
        within=within,
        step=step,
    )
    return newest_service_deployment(client, name)


def create_express_service(client: Any) -> None:
    """`storefront`, a service of ECS Express Mode, of two tasks."""
    role = "arn:aws:iam::123456789012:role/ecs"
    client.create_express_gateway_service(
        cluster="production",
        serviceName="storefront",
        executionRoleArn=f"{role}-task-execution",
        infrastructureRoleArn=f"{role}-infrastructure",
        primaryContainer={"image": f"{REGISTRY}/web:1.4.0"},
        scalingTarget={"minTaskCount": 2},
    )
