"""ECS services: reads them, updates them, tags them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from deploys.errors import AwsRefused
from deploys.redaction import redact
from workers.ecs import traffic_config
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.aws.error_translation import aws_call
from workers.ecs.describe_calls import check_failures, in_batches
from workers.ecs.state import DeploymentState, Endpoints, ServiceEventState, ServiceState

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import (
        DeploymentTypeDef,
        ServiceTypeDef,
        UpdateServiceRequestTypeDef,
    )

SERVICES_PER_CALL = 10
"""DescribeServices takes 10 services a call."""
_RUN_TASK_SETTINGS = (
    "networkConfiguration",
    "launchType",
    "capacityProviderStrategy",
    "platformVersion",
    "placementConstraints",
    "placementStrategy",
)
"""Members of a service that RunTask takes as they are."""


def describe(region: RegionClients, cluster: str, names: Sequence[str]) -> dict[str, ServiceState]:
    """The services of a cluster by name, with tags. A service that ECS does not have is absent; if there is
    no such cluster, all are.

    Services that are INACTIVE or DRAINING are included, with that status.

    Raises the errors of `aws_call`.
    """
    states: dict[str, ServiceState] = {}
    for batch in in_batches(names, SERVICES_PER_CALL):
        try:
            with aws_call("ecs:DescribeServices"):
                answer = region.ecs.describe_services(cluster=cluster, services=batch, include=["TAGS"])
        except AwsRefused as error:
            if error.facts["code"] == "ClusterNotFoundException":
                return {}
            raise
        check_failures("ecs:DescribeServices", answer["failures"])
        states |= {service["serviceName"]: _service_state(service) for service in answer["services"]}
    return states


def update(
    region: RegionClients,
    cluster: str,
    service: str,
    *,
    revision: str | None = None,
    desired: int | None = None,
) -> ServiceState:
    """Sets the service's revision (ARN), or its desired count (tasks), or both in one call.

    Only what is given is sent, so everything else keeps its value. Returns the service as ECS answers:
    PRIMARY is the deployment that this call made, if it made one. This answer has no tags.

    Raises the errors of `aws_call`; after AwsResultUnknown it may have been done.
    """
    if revision is None and desired is None:
        raise ValueError("nothing to change")
    request: UpdateServiceRequestTypeDef = {"cluster": cluster, "service": service}
    if revision is not None:
        request["taskDefinition"] = revision
    if desired is not None:
        request["desiredCount"] = desired
    with aws_call("ecs:UpdateService", changes=True):
        return _service_state(region.ecs.update_service(**request)["service"])


def tag(region: RegionClients, service_arn: str, tags: Mapping[str, str]) -> None:
    """Sets these tags and keeps the service's other tags. Repeating it does no harm.

    Raises the errors of `aws_call`; after AwsResultUnknown it may have been done.
    """
    with aws_call("ecs:TagResource", changes=True):
        region.ecs.tag_resource(
            resourceArn=service_arn, tags=[{"key": key, "value": value} for key, value in tags.items()]
        )


def untag(region: RegionClients, service_arn: str, keys: Sequence[str]) -> None:
    """Removes the tags with these keys; a tag that is not there is no error. Repeating it does no harm.

    Raises the errors of `aws_call`; after AwsResultUnknown it may have been done.
    """
    with aws_call("ecs:UntagResource", changes=True):
        region.ecs.untag_resource(resourceArn=service_arn, tagKeys=list(keys))


def _service_state(service: ServiceTypeDef) -> ServiceState:
    configuration = service.get("deploymentConfiguration", {})
    return ServiceState(
        arn=service["serviceArn"],
        name=service["serviceName"],
        status=service["status"],
        revision=service.get("taskDefinition", ""),
        desired=service.get("desiredCount", 0),
        pending=service.get("pendingCount", 0),
        running=service.get("runningCount", 0),
        deployments=tuple(_deployment_state(deployment) for deployment in service.get("deployments", ())),
        events=tuple(
            ServiceEventState(
                id=event["id"], at=event["createdAt"].timestamp(), message=redact(event["message"])
            )
            for event in service.get("events", ())
        ),
        controller=service.get("deploymentController", {}).get("type", "ECS"),
        managed_by=service.get("resourceManagementType", "CUSTOMER"),
        scheduling=service.get("schedulingStrategy", "REPLICA"),
        strategy=configuration.get("strategy", "ROLLING"),
        traffic=traffic_config.read_traffic_plan(configuration),
        minimum_healthy_percent=configuration.get("minimumHealthyPercent"),
        maximum_percent=configuration.get("maximumPercent"),
        health_check_grace_seconds=service.get("healthCheckGracePeriodSeconds", 0),
        launch_type=service.get("launchType", ""),
        run_task_settings=_run_task_settings(service),
        tags={tag["key"]: tag.get("value", "") for tag in service.get("tags", ()) if "key" in tag},
        endpoints=_endpoints(service),
        service_deployment=service.get("currentServiceDeployment", ""),
    )


def _endpoints(service: ServiceTypeDef) -> Endpoints:
    """Service Connect and VPC Lattice are configured in the deployments (ECS API reference, Deployment)."""
    primary = [each for each in service.get("deployments", ()) if each["status"] == "PRIMARY"]
    reached = (*service.get("loadBalancers", ()), *service.get("serviceRegistries", ()))
    connected = [
        port
        for deployment in primary
        for port in (
            *deployment.get("serviceConnectConfiguration", {}).get("services", ()),
            *deployment.get("vpcLatticeConfigurations", ()),
        )
    ]
    return Endpoints(
        containers=tuple(dict.fromkeys(name for each in reached if (name := each.get("containerName")))),
        ports=tuple(dict.fromkeys(name for each in connected if (name := each.get("portName")))),
        load_balancers=len(service.get("loadBalancers", ())),
    )


def _run_task_settings(service: ServiceTypeDef) -> dict[str, Any]:
    given = {name: value for name in _RUN_TASK_SETTINGS if (value := service.get(name))}
    if "capacityProviderStrategy" in given:
        given.pop("launchType", None)  # RunTask takes one of the two (ECS API reference)
    return given


def _deployment_state(deployment: DeploymentTypeDef) -> DeploymentState:
    created = deployment.get("createdAt")
    return DeploymentState(
        id=deployment["id"],
        status=deployment["status"],
        revision=deployment.get("taskDefinition", ""),
        desired=deployment.get("desiredCount", 0),
        pending=deployment.get("pendingCount", 0),
        running=deployment.get("runningCount", 0),
        failed=deployment.get("failedTasks", 0),
        rollout_state=deployment.get("rolloutState", ""),
        rollout_reason=redact(deployment.get("rolloutStateReason", "")),
        created_at=created.timestamp() if created else 0.0,
    )
