"""What people do with a region, in the words of the tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.ecs import EcsSandbox
from tests.builders import REGISTRY

CLUSTER = "production"
DESCRIBED_ONLY = (
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


def service(client: Any, name: str) -> Json:
    found: Json = client.describe_services(cluster=CLUSTER, services=[name], include=["TAGS"])["services"][0]
    return found


def primary(client: Any, name: str) -> Json:
    return next(d for d in service(client, name)["deployments"] if d["status"] == "PRIMARY")


def messages(client: Any, name: str) -> list[str]:
    """The service's events, oldest first."""
    return [event["message"] for event in reversed(service(client, name)["events"])]


def register(client: Any, family: str, tag: str) -> str:
    """Copy the newest revision with another tag for the service's own container; return its ARN."""
    described = client.describe_task_definition(taskDefinition=family, include=["TAGS"])
    copy = {key: value for key, value in described["taskDefinition"].items() if key not in DESCRIBED_ONLY}
    own = next(c for c in copy["containerDefinitions"] if c["name"] == family)
    own["image"] = f"{own['image'].rpartition(':')[0]}:{tag}"
    if described.get("tags"):
        copy["tags"] = described["tags"]
    arn: str = client.register_task_definition(**copy)["taskDefinition"]["taskDefinitionArn"]
    return arn


def deploy(client: Any, name: str, tag: str, **update: Any) -> Json:
    """Register a revision with that tag and update the service to it; return the new PRIMARY."""
    arn = register(client, name, tag)
    updated = client.update_service(cluster=CLUSTER, service=name, taskDefinition=arn, **update)
    return next(d for d in updated["service"]["deployments"] if d["status"] == "PRIMARY")


def service_deployment(client: Any, name: str) -> Json:
    """The newest service deployment, in full."""
    briefs = client.list_service_deployments(cluster=CLUSTER, service=name)["serviceDeployments"]
    arns = [briefs[0]["serviceDeploymentArn"]]
    found: Json = client.describe_service_deployments(serviceDeploymentArns=arns)["serviceDeployments"][0]
    return found


def tasks(client: Any, name: str, status: str = "RUNNING") -> list[Json]:
    arns = client.list_tasks(cluster=CLUSTER, serviceName=name, desiredStatus=status)["taskArns"]
    if not arns:
        return []
    found: list[Json] = client.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"]
    return found


def advance_until(
    ecs: EcsSandbox, condition: Callable[[], object], *, within: float = 600.0, step: float = 0.5
) -> None:
    """Let time pass until `condition` holds; fail when `within` seconds have not brought it."""
    end = ecs.now() + within
    while not condition():
        assert ecs.now() < end, f"not so within {within} s: {ecs.state()}"
        ecs.advance(step)


def until_settled(
    ecs: EcsSandbox, client: Any, name: str, *, within: float = 600.0, step: float = 0.5
) -> Json:
    """Until the service is steady on one deployment; return its newest service deployment."""
    advance_until(
        ecs,
        lambda: len(service(client, name)["deployments"]) == 1 and ecs.state()["services"][name]["steady"],
        within=within,
        step=step,
    )
    return service_deployment(client, name)


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
