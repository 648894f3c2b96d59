"""What RegisterTaskDefinition accepts, and the defaults it fills in."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

from sandbox.ecs.botocore_model import input_shape
from sandbox.ecs.ecs_errors import ClientException, InvalidParameterException

_FAMILY = re.compile(r"[A-Za-z0-9_-]{1,255}")
_ROLE = re.compile(r"(arn:aws:iam::\d{12}:role/)?[\w+=,.@/-]+")
_GB = 1024
FARGATE_SIZES: dict[int, range] = {
    256: range(512, 2 * _GB + 1, 512),
    512: range(_GB, 4 * _GB + 1, _GB),
    1024: range(2 * _GB, 8 * _GB + 1, _GB),
    2048: range(4 * _GB, 16 * _GB + 1, _GB),
    4096: range(8 * _GB, 30 * _GB + 1, _GB),
    8192: range(16 * _GB, 60 * _GB + 1, 4 * _GB),
    16384: range(32 * _GB, 120 * _GB + 1, 8 * _GB),
}
"""CPU units and the memory in MiB that Fargate allows with them (guide to Fargate task sizes)."""


def checked_content(params: dict[str, Any]) -> dict[str, Any]:
    """The content of the new revision. Raises ClientException or InvalidParameterException if ECS would."""
    if not _FAMILY.fullmatch(params["family"]):
        raise ClientException(
            "Family contains invalid characters: letters, numbers, hyphens and underscores are allowed."
        )
    known = set(input_shape("RegisterTaskDefinition").members) - {"family", "tags"}
    content = {key: deepcopy(value) for key, value in params.items() if key in known}
    containers = content["containerDefinitions"]
    fargate = "FARGATE" in content.get("requiresCompatibilities", [])
    _check_containers(containers, content.get("memory"))
    for role in ("taskRoleArn", "executionRoleArn"):
        if role in content and not _ROLE.fullmatch(content[role]):
            raise ClientException("Role is not valid")
    if fargate:
        _check_fargate(content)
        content.setdefault("networkMode", "awsvpc")
    content.setdefault("networkMode", "bridge")
    content.setdefault("volumes", [])
    content.setdefault("placementConstraints", [])
    content["compatibilities"] = ["EC2", "FARGATE"] if fargate else ["EC2"]
    content["requiresAttributes"] = [{"name": name} for name in _required_attributes(content)]
    content["containerDefinitions"] = [_with_defaults(c, content["networkMode"]) for c in containers]
    return content


def _check_containers(containers: list[dict[str, Any]], task_memory: str | None) -> None:
    if not containers:
        raise ClientException("Container list cannot be empty.")
    names = [container.get("name") for container in containers]
    for container in containers:
        name = container.get("name")
        if not name:
            raise ClientException("Container.name should not be null or empty.")
        if names.count(name) > 1:
            raise ClientException(f"Container name {name} is used more than once.")
        if not container.get("image"):
            raise ClientException("Container.image should not be null or empty.")
        if not task_memory and not (container.get("memory") or container.get("memoryReservation")):
            raise ClientException(
                f"Invalid setting for container '{name}'. "
                "At least one of 'memory' or 'memoryReservation' must be specified."
            )
    if not any(container.get("essential", True) for container in containers):
        raise ClientException("TaskDefinition must have at least one essential container.")


def _check_fargate(content: dict[str, Any]) -> None:
    if content.get("networkMode", "awsvpc") != "awsvpc":
        raise ClientException("Fargate only supports network mode ‘awsvpc’.")
    for member in ("cpu", "memory"):
        if not content.get(member):
            raise ClientException(f"Fargate requires that '{member}' be defined at the task level.")
    cpu, memory = content["cpu"], content["memory"]
    if not (cpu.isdigit() and memory.isdigit()):
        raise InvalidParameterException("The sandbox reads cpu and memory as plain units: '256' and '512'.")
    if int(memory) not in FARGATE_SIZES.get(int(cpu), ()):
        raise ClientException(
            f"No Fargate configuration exists for given values: {cpu} CPU, {memory} memory. "
            "See the Amazon ECS documentation for the valid values."
        )
    if not content.get("executionRoleArn") and _needs_execution_role(content):
        raise ClientException(
            "Fargate requires task definition to have execution role ARN to support ECR images."
        )


def _needs_execution_role(content: dict[str, Any]) -> bool:
    return any(".dkr.ecr." in c["image"] or c.get("secrets") for c in content["containerDefinitions"])


def _with_defaults(container: dict[str, Any], network_mode: str) -> dict[str, Any]:
    defaults: dict[str, Any] = {
        "cpu": 0,
        "portMappings": [],
        "essential": True,
        "environment": [],
        "mountPoints": [],
        "volumesFrom": [],
        "systemControls": [],
    }
    complete = {**defaults, **container}
    for mapping in complete["portMappings"]:
        mapping.setdefault("protocol", "tcp")
        if network_mode == "awsvpc":
            mapping.setdefault("hostPort", mapping["containerPort"])
    return complete


def _required_attributes(content: dict[str, Any]) -> list[str]:
    containers = content["containerDefinitions"]
    required = {"com.amazonaws.ecs.capability.docker-remote-api.1.18"}
    if content["networkMode"] == "awsvpc":
        required.add("ecs.capability.task-eni")
    if content.get("taskRoleArn"):
        required.add("com.amazonaws.ecs.capability.task-iam-role")
    for container in containers:
        driver = container.get("logConfiguration", {}).get("logDriver")
        if driver:
            required.add(f"com.amazonaws.ecs.capability.logging-driver.{driver}")
        if ".dkr.ecr." in container["image"]:
            required.add("com.amazonaws.ecs.capability.ecr-auth")
        if container.get("secrets"):
            required.add("ecs.capability.secrets.ssm.environment-variables")
        if container.get("healthCheck"):
            required.add("ecs.capability.container-health-check")
    return sorted(required)
