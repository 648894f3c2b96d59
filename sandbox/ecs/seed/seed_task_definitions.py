"""The task definitions of the services, as a team would write them."""

from __future__ import annotations

from typing import Any

from sandbox.ecs.seed.seed_images import image_uri

FIRST_TAG = "1.4.0"
FIRST_REVISIONS = {"web": 17, "api": 42, "ledger": 8, "billing": 23, "site": 5, "shop": 31}
"""The first revision of each family here, as if there had been others before."""
ENVOY_IMAGE = "public.ecr.aws/envoy/envoy:v1.30"
Json = dict[str, Any]


def task_definition_params(account: str, region: str, name: str) -> Json:
    """The parameters of RegisterTaskDefinition for a service."""
    containers = {
        "web": [_server(account, region, "web", 8080)],
        "api": [_server(account, region, "api", 9000), _envoy(region)],
        "ledger": [_worker(account, region, "ledger", "ledger-events", stop_timeout=60)],
        "billing": [_worker(account, region, "billing", "billing-jobs", stop_timeout=45)],
        "site": [_server(account, region, "site", 8000)],
        "shop": [_server(account, region, "shop", 8080)],
    }
    return {
        "family": name,
        "taskRoleArn": f"arn:aws:iam::{account}:role/{name}-task",
        "executionRoleArn": f"arn:aws:iam::{account}:role/ecs-task-execution",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "512" if name == "api" else "256",
        "memory": "1024" if name == "api" else "512",
        "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
        "containerDefinitions": containers[name],
        "volumes": [],
        "tags": [{"key": "team", "value": "payments" if name in ("ledger", "billing") else "shop"}],
    }


def _container(account: str, region: str, name: str) -> Json:
    return {
        "name": name,
        "image": image_uri(account, region, name, FIRST_TAG),
        "essential": True,
        "environment": [
            {"name": "APP_ENV", "value": "production"},
            {"name": "LOG_LEVEL", "value": "info"},
            {"name": "FEATURE_FLAGS", "value": ""},
        ],
        "secrets": [
            {
                "name": "DATABASE_URL",
                "valueFrom": f"arn:aws:ssm:{region}:{account}:parameter/production/{name}/database-url",
            }
        ],
        "logConfiguration": awslogs(region, f"/ecs/{name}", name),
    }


def awslogs(region: str, group: str, prefix: str) -> Json:
    return {
        "logDriver": "awslogs",
        "options": {"awslogs-group": group, "awslogs-region": region, "awslogs-stream-prefix": prefix},
    }


def _server(account: str, region: str, name: str, port: int) -> Json:
    return {
        **_container(account, region, name),
        "cpu": 0,
        "portMappings": [{"containerPort": port, "protocol": "tcp", "name": "http", "appProtocol": "http"}],
        "stopTimeout": 30,
        "ulimits": [{"name": "nofile", "softLimit": 65536, "hardLimit": 65536}],
        "dockerLabels": {"service": name},
    }


def _worker(account: str, region: str, name: str, queue: str, stop_timeout: int) -> Json:
    container = _container(account, region, name)
    container["environment"].append(
        {"name": "QUEUE_URL", "value": f"https://sqs.{region}.amazonaws.com/{account}/{queue}.fifo"}
    )
    return {
        **container,
        "command": ["python", "-m", name, "consume"],
        "healthCheck": {
            "command": ["CMD-SHELL", f"python -m {name} health || exit 1"],
            "interval": 5,
            "timeout": 3,
            "retries": 3,
            "startPeriod": 10,
        },
        "stopTimeout": stop_timeout,
    }


def _envoy(region: str) -> Json:
    return {
        "name": "envoy",
        "image": ENVOY_IMAGE,
        "essential": True,
        "cpu": 64,
        "memoryReservation": 128,
        "user": "1337",
        "portMappings": [{"containerPort": 9901, "protocol": "tcp"}],
        "healthCheck": {
            "command": ["CMD-SHELL", "curl -s http://localhost:9901/server_info | grep -q LIVE"],
            "interval": 5,
            "timeout": 2,
            "retries": 3,
        },
        "logConfiguration": awslogs(region, "/ecs/api", "envoy"),
        "stopTimeout": 20,
    }
