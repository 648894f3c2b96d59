"""The services of the cluster, as they were created."""

from __future__ import annotations

from typing import Any

from sandbox.ecs.seed.definitions import REVISIONS

CLUSTER = "production"
NAMES = ("web", "api", "ledger", "billing")
_COUNTS = {"web": 3, "api": 2, "ledger": 1, "billing": 2}
_PORTS = {"web": 8080, "api": 9000}
_TARGET_GROUP_IDS = {"web": "73e2d6bc24d8a067", "api": "50dc6c495c0c9188"}
Json = dict[str, Any]


def target_group(account: str, region: str, name: str) -> str:
    path = f"targetgroup/{name}/{_TARGET_GROUP_IDS[name]}"
    return f"arn:aws:elasticloadbalancing:{region}:{account}:{path}"


def service(account: str, region: str, name: str) -> Json:
    """What was passed to CreateService."""
    params: Json = {
        "cluster": CLUSTER,
        "serviceName": name,
        "taskDefinition": f"{name}:{REVISIONS[name]}",
        "desiredCount": _COUNTS[name],
        "launchType": "FARGATE",
        "platformVersion": "LATEST",
        "schedulingStrategy": "REPLICA",
        "deploymentController": {"type": "ECS"},
        "deploymentConfiguration": _configuration(worker=name not in _PORTS),
        "networkConfiguration": {
            "awsvpcConfiguration": {
                "subnets": [
                    "subnet-0a1f3c5e7b9d24680",
                    "subnet-0b2e4d6f8a1c35791",
                    "subnet-0c3d5e7f9b2a46813",
                ],
                "securityGroups": ["sg-0f1e2d3c4b5a69788"],
                "assignPublicIp": "DISABLED",
            }
        },
        "enableECSManagedTags": True,
        "propagateTags": "SERVICE",
        "tags": [{"key": "service", "value": name}, {"key": "environment", "value": CLUSTER}],
    }
    if name in _PORTS:
        params["loadBalancers"] = [
            {
                "targetGroupArn": target_group(account, region, name),
                "containerName": name,
                "containerPort": _PORTS[name],
            }
        ]
        params["healthCheckGracePeriodSeconds"] = 0
    return params


def _configuration(*, worker: bool) -> Json:
    """Workers take messages in order: ECS may stop the old one before it starts the new one."""
    return {
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        "maximumPercent": 100 if worker else 200,
        "minimumHealthyPercent": 0 if worker else 100,
    }
