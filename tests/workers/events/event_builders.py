"""Events of ECS in the forms of the ECS developer guide."""

from __future__ import annotations

import json
from typing import Any

REGION, ACCOUNT = "eu-west-1", "123456789012"
ECS = f"arn:aws:ecs:{REGION}:{ACCOUNT}"
CLUSTER = f"{ECS}:cluster/production"


def an_event(detail_type: str, detail: dict[str, Any], *resources: str, **changes: Any) -> str:
    """The body of a message."""
    event = {
        "version": "0",
        "id": "ddca6449-b258-46c0-8653-e0e3a6000000",
        "detail-type": detail_type,
        "source": "aws.ecs",
        "account": ACCOUNT,
        "time": "2026-05-23T12:31:14Z",
        "region": REGION,
        "resources": list(resources),
        "detail": detail,
    }
    return json.dumps({**event, **changes})


def a_task_event(service: str = "web", status: str = "RUNNING", **changes: Any) -> str:
    """A task of a service has another state."""
    task = f"{ECS}:task/production/{'1' * 32}"
    detail = {
        "clusterArn": CLUSTER,
        "group": f"service:{service}",
        "lastStatus": status,
        "desiredStatus": "RUNNING",
        "startedBy": "ecs-svc/1234567890123456789",
        "taskArn": task,
        "version": 3,
    }
    return an_event("ECS Task State Change", {**detail, **changes.pop("detail", {})}, task, **changes)


def a_one_off_task_event(deploy_id: str, status: str = "STOPPED", **changes: Any) -> str:
    """A task that Slipway runs for a deploy has another state."""
    own = {"group": "family:web", "startedBy": f"slipway/{deploy_id}"}
    return a_task_event(status=status, detail=own, **changes)


def a_deployment_event(
    service: str = "web", name: str = "SERVICE_DEPLOYMENT_COMPLETED", **changes: Any
) -> str:
    """A rollout has another state."""
    detail = {
        "eventType": "INFO",
        "eventName": name,
        "deploymentId": "ecs-svc/1234567890123456789",
        "updatedAt": "2026-05-23T12:31:14Z",
        "reason": "ECS deployment ecs-svc/1234567890123456789 completed.",
    }
    arn = f"{ECS}:service/production/{service}"
    return an_event("ECS Deployment State Change", detail, arn, **changes)


def a_service_event(service: str = "web", name: str = "SERVICE_STEADY_STATE", **changes: Any) -> str:
    """The scheduler of ECS did something."""
    detail = {
        "eventType": "INFO",
        "eventName": name,
        "clusterArn": CLUSTER,
        "createdAt": "2026-05-23T12:31:14Z",
    }
    return an_event("ECS Service Action", detail, f"{ECS}:service/production/{service}", **changes)
