"""ECS services: reading them, changing them, tagging them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from deploys.errors import AwsRefused
from workers.ecs import failures, traffic
from workers.ecs.batches import in_batches
from workers.ecs.calls import aws_call
from workers.ecs.seen import DeploymentSeen, EventSeen, ServiceSeen
from workers.ecs.session import Region

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import (
        DeploymentTypeDef,
        ServiceTypeDef,
        UpdateServiceRequestTypeDef,
    )

_AT_ONCE = 10
"""DescribeServices takes 10 services a call."""
_LAUNCH = (
    "networkConfiguration",
    "launchType",
    "capacityProviderStrategy",
    "platformVersion",
    "placementConstraints",
    "placementStrategy",
)
"""Members of a service that RunTask takes over as they are."""


def describe(region: Region, cluster: str, names: Sequence[str]) -> dict[str, ServiceSeen]:
    """The services of a cluster by name, with tags. One that ECS does not have is absent; so are all where
    there is no such cluster.

    Services that are INACTIVE or DRAINING are there, with that status.

    Raises the errors of `aws_call`.
    """
    seen: dict[str, ServiceSeen] = {}
    for batch in in_batches(names, _AT_ONCE):
        try:
            with aws_call("ecs:DescribeServices"):
                answer = region.ecs.describe_services(cluster=cluster, services=batch, include=["TAGS"])
        except AwsRefused as error:
            if error.facts["code"] == "ClusterNotFoundException":
                return {}
            raise
        failures.check("ecs:DescribeServices", answer["failures"])
        seen |= {service["serviceName"]: _seen(service) for service in answer["services"]}
    return seen


def update(
    region: Region, cluster: str, service: str, *, revision: str | None = None, desired: int | None = None
) -> ServiceSeen:
    """Points the service at a revision (ARN), or sets its desired count (tasks), or both in one call.

    Only what is given is sent, so everything else keeps its value. Gives the service as ECS answered, where
    PRIMARY is the deployment that this call made, if it made one; tags are not in this answer.

    Raises the errors of `aws_call`; after AwsUncertain it may have been done.
    """
    if revision is None and desired is None:
        raise ValueError("nothing to change")
    request: UpdateServiceRequestTypeDef = {"cluster": cluster, "service": service}
    if revision is not None:
        request["taskDefinition"] = revision
    if desired is not None:
        request["desiredCount"] = desired
    with aws_call("ecs:UpdateService", changes=True):
        return _seen(region.ecs.update_service(**request)["service"])


def tag(region: Region, service_arn: str, tags: Mapping[str, str]) -> None:
    """Sets these tags, and leaves the service's other tags. Raises the errors of `aws_call`; after
    AwsUncertain it may have been done, and doing it again does no harm.
    """
    with aws_call("ecs:TagResource", changes=True):
        region.ecs.tag_resource(
            resourceArn=service_arn, tags=[{"key": key, "value": value} for key, value in tags.items()]
        )


def untag(region: Region, service_arn: str, keys: Sequence[str]) -> None:
    """Removes the tags with these keys; one that is not there is no error. Raises the errors of `aws_call`;
    after AwsUncertain it may have been done, and doing it again does no harm.
    """
    with aws_call("ecs:UntagResource", changes=True):
        region.ecs.untag_resource(resourceArn=service_arn, tagKeys=list(keys))


def _seen(service: ServiceTypeDef) -> ServiceSeen:
    configuration = service.get("deploymentConfiguration", {})
    return ServiceSeen(
        arn=service["serviceArn"],
        name=service["serviceName"],
        status=service["status"],
        revision=service.get("taskDefinition", ""),
        desired=service.get("desiredCount", 0),
        pending=service.get("pendingCount", 0),
        running=service.get("runningCount", 0),
        deployments=tuple(_deployment(deployment) for deployment in service.get("deployments", ())),
        events=tuple(
            EventSeen(id=event["id"], at=event["createdAt"].timestamp(), message=event["message"])
            for event in service.get("events", ())
        ),
        controller=service.get("deploymentController", {}).get("type", "ECS"),
        management=service.get("resourceManagementType", "CUSTOMER"),
        scheduling=service.get("schedulingStrategy", "REPLICA"),
        strategy=configuration.get("strategy", "ROLLING"),
        traffic=traffic.plan(configuration),
        minimum_healthy_percent=configuration.get("minimumHealthyPercent"),
        maximum_percent=configuration.get("maximumPercent"),
        grace_seconds=service.get("healthCheckGracePeriodSeconds", 0),
        launch_type=service.get("launchType", ""),
        launch=_launch(service),
        tags={tag["key"]: tag.get("value", "") for tag in service.get("tags", ()) if "key" in tag},
    )


def _launch(service: ServiceTypeDef) -> dict[str, Any]:
    given = {name: value for name in _LAUNCH if (value := service.get(name))}
    if "capacityProviderStrategy" in given:
        given.pop("launchType", None)  # RunTask takes one of the two (ECS API reference)
    return given


def _deployment(deployment: DeploymentTypeDef) -> DeploymentSeen:
    created = deployment.get("createdAt")
    return DeploymentSeen(
        id=deployment["id"],
        status=deployment["status"],
        revision=deployment.get("taskDefinition", ""),
        desired=deployment.get("desiredCount", 0),
        pending=deployment.get("pendingCount", 0),
        running=deployment.get("runningCount", 0),
        failed=deployment.get("failedTasks", 0),
        rollout_state=deployment.get("rolloutState", ""),
        rollout_reason=deployment.get("rolloutStateReason", ""),
        created_at=created.timestamp() if created else 0.0,
    )
