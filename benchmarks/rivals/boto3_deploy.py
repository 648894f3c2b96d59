"""The first half of every script that deploys with boto3: a new revision with another tag, and the update."""

from __future__ import annotations

from typing import Any

import boto3

CLUSTER_FIELDS = ("family", "containerDefinitions", "networkMode", "requiresCompatibilities", "cpu", "memory")


def begin(service: str, cluster: str, tag: str) -> Any:
    """Registers the revision, updates the service, and returns the client."""
    ecs = boto3.client("ecs")
    [running] = ecs.describe_services(cluster=cluster, services=[service])["services"]
    found: dict[str, Any] = dict(
        ecs.describe_task_definition(taskDefinition=running["taskDefinition"])["taskDefinition"]
    )
    request = {name: found[name] for name in CLUSTER_FIELDS}
    for container in request["containerDefinitions"]:
        container["image"] = f"{container['image'].rpartition(':')[0]}:{tag}"
    registered = ecs.register_task_definition(**request)["taskDefinition"]
    ecs.update_service(cluster=cluster, service=service, taskDefinition=registered["taskDefinitionArn"])
    return ecs
