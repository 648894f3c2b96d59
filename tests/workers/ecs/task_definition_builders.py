"""Builders of task definitions as DescribeTaskDefinition answers them."""

from __future__ import annotations

from typing import Any

from deploys.catalogue.service import Service
from tests.builders import ARN, REGISTRY
from tests.workers.ecs.fake_aws import Body
from workers.ecs import task_definitions
from workers.ecs.images.image_changes import list_image_changes
from workers.ecs.state import Endpoints, RevisionState

DIGEST = "sha256:" + "ab" * 32
LOAD_BALANCED = Endpoints(containers=("web",))
"""A service whose load balancer sends traffic to the container `web`."""


def container(name: str, image: str, **more: Any) -> Body:
    return {"name": name, "image": image, "essential": True, **more}


def raw_definition(*containers: Body, **more: Any) -> Body:
    """As DescribeTaskDefinition answers it, with the members that only this answer has."""
    return {
        "taskDefinitionArn": f"{ARN}:task-definition/web:7",
        "family": "web",
        "revision": 7,
        "status": "ACTIVE",
        "taskRoleArn": "arn:aws:iam::123456789012:role/web-task",
        "executionRoleArn": "arn:aws:iam::123456789012:role/web-execution",
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "requiresCompatibilities": ["FARGATE"],
        "compatibilities": ["EC2", "FARGATE"],
        "requiresAttributes": [{"name": "com.amazonaws.ecs.capability.ecr-auth"}],
        "registeredAt": 1_790_000_000.0,
        "registeredBy": "arn:aws:iam::123456789012:root",
        "deregisteredAt": 1_790_000_000.0,
        "deleteRequestedAt": 1_790_000_000.0,
        "volumes": [],
        "placementConstraints": [],
        "runtimePlatform": {"cpuArchitecture": "ARM64"},
        "enableFaultInjection": False,
        "containerDefinitions": list(containers or [container("web", f"{REGISTRY}/web:1.4.0")]),
        **more,
    }


def a_revision(*containers: Body, tags: tuple[tuple[str, str], ...] = (), **more: Any) -> RevisionState:
    raw = raw_definition(*containers, **more)
    return RevisionState(
        arn=raw["taskDefinitionArn"],
        family="web",
        number=7,
        status="ACTIVE",
        raw=raw,
        tags=tags,
    )


def images_in_request(request: dict[str, Any]) -> dict[str, str]:
    return {found["name"]: found["image"] for found in request["containerDefinitions"]}


def retag_request(
    revision: RevisionState, service: Service, tag: str, deploy_id: str, endpoints: Endpoints = LOAD_BALANCED
) -> dict[str, Any]:
    """The request that registers a copy with another tag, as a deploy makes it that pins nothing."""
    images = {
        change.container: change.new_image for change in list_image_changes(revision, service, endpoints, tag)
    }
    return task_definitions.copy_request(revision, images, deploy_id)
