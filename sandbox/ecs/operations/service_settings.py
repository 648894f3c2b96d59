"""The settings of a service, with ECS's defaults and checks."""

from __future__ import annotations

from typing import Any

from sandbox.ecs.ecs_errors import InvalidParameterException
from sandbox.ecs.records import TaskDefinition

SETTINGS_THAT_REDEPLOY = (
    "capacityProviderStrategy",
    "loadBalancers",
    "networkConfiguration",
    "platformVersion",
    "serviceConnectConfiguration",
    "serviceRegistries",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
)
"""A change of one of these starts a new deployment."""

SETTINGS_WITHOUT_DEPLOYMENT = (
    "availabilityZoneRebalancing",
    "enableECSManagedTags",
    "enableExecuteCommand",
    "healthCheckGracePeriodSeconds",
    "placementConstraints",
    "placementStrategy",
    "propagateTags",
)
"""A change of one of these takes effect without a deployment."""

SETTINGS_FIXED_AT_CREATION = ("launchType", "schedulingStrategy", "deploymentController")
"""Set when the service is created."""


def settings_for_new_service(params: dict[str, Any]) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "schedulingStrategy": "REPLICA",
        "deploymentController": {"type": "ECS"},
        "enableECSManagedTags": False,
        "propagateTags": "NONE",
        "enableExecuteCommand": False,
        "availabilityZoneRebalancing": "DISABLED",
        "resourceManagementType": "CUSTOMER",
    }
    settings.update(
        _given_settings(
            params, (*SETTINGS_FIXED_AT_CREATION, *SETTINGS_THAT_REDEPLOY, *SETTINGS_WITHOUT_DEPLOYMENT)
        )
    )
    if "capacityProviderStrategy" not in settings:
        settings.setdefault("launchType", "EC2")
    if settings.get("launchType") == "FARGATE":
        settings.setdefault("platformVersion", "LATEST")
        settings["platformFamily"] = "Linux"
    if "role" in params:
        settings["roleArn"] = params["role"]
    return settings


def changed_settings(current: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """The settings with the given ones changed."""
    return {**current, **_given_settings(params, (*SETTINGS_THAT_REDEPLOY, *SETTINGS_WITHOUT_DEPLOYMENT))}


def _given_settings(params: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: params[key] for key in keys if params.get(key) is not None}


def check_load_balancers(settings: dict[str, Any], definition: TaskDefinition) -> None:
    """Every load balancer must name a container of the task definition."""
    containers = {container["name"] for container in definition.containers}
    for balancer in settings.get("loadBalancers", []):
        if balancer.get("containerName") not in containers:
            raise InvalidParameterException(
                f"The container {balancer.get('containerName')} does not exist in the task definition."
            )


def check_counts(settings: dict[str, Any], params: dict[str, Any]) -> None:
    count = params.get("desiredCount")
    if count is None:
        return
    if settings["schedulingStrategy"] == "DAEMON":
        raise InvalidParameterException(
            "The daemon scheduling strategy does not support a desired count. "
            "Remove the desired count parameter and try again."
        )
    if count < 0:
        raise InvalidParameterException("desiredCount must not be negative.")
