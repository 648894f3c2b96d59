"""More services, as a company's account has them after some years: of every kind, and over several clusters.

Their images are in the repositories that the region has anyway, so that their tags can be deployed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from moto.ecs.models import ecs_backends

from sandbox.ecs.operations.create_and_delete_service import create_service, delete_service
from sandbox.ecs.operations.ecs_call import EcsCall
from sandbox.ecs.operations.express_mode import create_express_gateway_service
from sandbox.ecs.operations.task_definition_operations import register_task_definition
from sandbox.ecs.region import EcsRegion
from sandbox.ecs.scheduler.application_autoscaling import register_scalable_target
from sandbox.ecs.seed.seed_images import image_uri
from sandbox.ecs.seed.seed_services import CLUSTER, target_group_arn, traffic_shift_rules
from sandbox.ecs.seed.seed_task_definitions import FIRST_TAG, awslogs

CLUSTERS = ("staging", "data", "legacy", "empty")
Json = dict[str, Any]
_NETWORK: Json = {"awsvpcConfiguration": {"subnets": ["subnet-0a1f3c5e7b9d24680"]}}
_SHOP_TARGETS = "shop"


@dataclass(frozen=True)
class ServiceSeed:
    """One service: its containers, and what differs from an ordinary service on Fargate."""

    cluster: str
    name: str
    containers: list[Json]
    service: Json = field(default_factory=dict)
    definition: Json = field(default_factory=dict)
    family: str = ""
    """By default the cluster and the name."""


def seed_large_account(region: EcsRegion) -> None:
    """Add the services. They start when the region's time goes on."""
    moto = ecs_backends[region.account][region.name]
    for cluster in CLUSTERS:
        moto.create_cluster(cluster)
    for seed in _seeds(region):
        _create(region, seed)
    with_role = {"executionRoleArn": _role(region, "ecs-task-execution")}
    image = {"image": image_uri(region.account, region.name, "site", FIRST_TAG)}
    express = {"cluster": CLUSTER, "serviceName": "landing", "primaryContainer": image, **with_role}
    create_express_gateway_service(_call(region, express))
    delete_service(_call(region, {"cluster": "legacy", "service": "old-shop", "force": True}))
    register_scalable_target(region, "staging", "checkout", 1, 3)
    register_scalable_target(region, "data", "search", 2, 8)


def _seeds(region: EcsRegion) -> Iterator[ServiceSeed]:
    def container(name: str, repository: str = "web", **changes: Any) -> Json:
        return {
            "name": name,
            "image": image_uri(region.account, region.name, repository, FIRST_TAG),
            "essential": True,
            "memory": 256,
            "logConfiguration": awslogs(region.name, f"/ecs/{name}", name),
            **changes,
        }

    def queue_url(queue: str) -> list[Json]:
        url = f"https://sqs.{region.name}.amazonaws.com/{region.account}/{queue}"
        return [{"name": "EVENTS_QUEUE", "value": url}]

    stop_first = {"deploymentConfiguration": {"minimumHealthyPercent": 0, "maximumPercent": 100}}
    digest = f"{image_uri(region.account, region.name, 'api', '')[:-1]}@sha256:{'a' * 64}"

    # staging: names that production has, too, and names that are none for a command
    yield ServiceSeed("staging", "web", [container("web")])
    yield ServiceSeed("staging", "api", [container("api", "api")])
    yield ServiceSeed("staging", "Web_API", [container("web")])
    yield ServiceSeed("staging", "web-api", [container("web")])
    yield ServiceSeed("staging", "run", [container("run")])
    yield ServiceSeed("staging", "2048", [container("game")])
    yield ServiceSeed("staging", "on", [container("on")])
    yield ServiceSeed("staging", "feature-" + "long-branch-name-" * 12, [container("web")])
    yield ServiceSeed("staging", "checkout", [container("checkout", "shop")], _linear(region))
    # data: workers, several containers, other ways to run
    yield ServiceSeed("data", "events", [container("events", "ledger", environment=queue_url("events.fifo"))])
    yield ServiceSeed("data", "single-writer", [container("writer", "ledger")], stop_first)
    yield ServiceSeed("data", "mailer", [container("mailer", "billing", environment=queue_url("mail"))])
    yield ServiceSeed("data", "nightly", [container("nightly", "billing")], {"desiredCount": 0})
    yield ServiceSeed("data", "pair", [container("reader", "web"), container("writer", "api")])
    yield ServiceSeed("data", "twins", [container("front", "web"), container("admin", "web")])
    router = container("log_router", firelensConfiguration={"type": "fluentbit"})
    router["image"] = "public.ecr.aws/aws-observability/aws-for-fluent-bit:stable"
    agent = container("datadog-agent", essential=False, image="public.ecr.aws/datadog/agent:7")
    yield ServiceSeed("data", "search", [router, container("search", "api"), agent])
    yield ServiceSeed("data", "cache", [container("redis", image="redis:7.4")])
    yield ServiceSeed("data", "pinned", [container("pinned", image=digest)])
    spot = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    yield ServiceSeed("data", "crunch", [container("crunch")], {"capacityProviderStrategy": spot})
    half = {"minimumHealthyPercent": 50, "maximumPercent": 150}
    yield ServiceSeed("data", "stuck", [container("stuck")], {"deploymentConfiguration": half})
    other = f"210987654321.dkr.ecr.us-east-1.amazonaws.com/platform/gateway:{FIRST_TAG}"
    yield ServiceSeed("data", "gateway", [container("gateway", image=other)])
    # legacy: EC2, other controllers, a service that is being deleted
    on_ec2 = {"launchType": "EC2"}
    ec2 = {"networkMode": "bridge", "requiresCompatibilities": ["EC2"]}
    daemon = {**on_ec2, "schedulingStrategy": "DAEMON"}
    socket = container("node-agent", privileged=True, logConfiguration={"logDriver": "json-file"})
    yield ServiceSeed("legacy", "node-agent", [socket], daemon, ec2)
    yield ServiceSeed("legacy", "intranet", [container("intranet")], on_ec2, ec2)
    code_deploy = {"deploymentController": {"type": "CODE_DEPLOY"}}
    yield ServiceSeed("legacy", "portal", [container("portal")], code_deploy)
    yield ServiceSeed("legacy", "portal-next", [], {"deploymentController": {"type": "EXTERNAL"}})
    yield ServiceSeed("legacy", "old-shop", [container("old-shop")])
    yield ServiceSeed("legacy", "copy-of-intranet", [], on_ec2, family="legacy-intranet")


def _linear(region: EcsRegion) -> Json:
    """A service that shifts its traffic in steps, behind the load balancer of the shop."""
    account, name = region.account, region.name
    balancer = {
        "targetGroupArn": target_group_arn(account, name, _SHOP_TARGETS),
        "containerName": "checkout",
        "containerPort": 8080,
        "advancedConfiguration": traffic_shift_rules(account, name, _SHOP_TARGETS),
    }
    return {"deploymentConfiguration": {"strategy": "LINEAR"}, "loadBalancers": [balancer]}


def _create(region: EcsRegion, seed: ServiceSeed) -> None:
    family = seed.family or f"{seed.cluster}-{seed.name}".replace("_", "-")[:200]
    if seed.containers:
        on_fargate = "launchType" not in seed.service
        fargate = {"requiresCompatibilities": ["FARGATE"], "cpu": "1024", "memory": "2048"}
        definition = {
            "family": family,
            "containerDefinitions": seed.containers,
            "executionRoleArn": _role(region, "ecs-task-execution"),
            **(fargate if on_fargate else {}),
            **seed.definition,
        }
        register_task_definition(_call(region, definition))
    has_definition = bool(seed.containers or seed.family)
    params = {
        "cluster": seed.cluster,
        "serviceName": seed.name,
        **({"taskDefinition": family} if has_definition else {}),
        **_defaults(seed),
        **seed.service,
    }
    create_service(_call(region, params))


def _defaults(seed: ServiceSeed) -> Json:
    is_daemon = seed.service.get("schedulingStrategy") == "DAEMON"
    defaults: Json = {} if is_daemon else {"desiredCount": 1}
    if "launchType" in seed.service:
        return defaults
    if "capacityProviderStrategy" not in seed.service:
        defaults["launchType"] = "FARGATE"
    return {**defaults, "networkConfiguration": _NETWORK}


def _role(region: EcsRegion, name: str) -> str:
    return f"arn:aws:iam::{region.account}:role/{name}"


def _call(region: EcsRegion, params: Json) -> EcsCall:
    return EcsCall(region, region.tables, params)
