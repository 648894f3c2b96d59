"""Every value of the AWS enums that a decision reads, and what is decided: a new one fails here first."""

from __future__ import annotations

import boto3
import pytest
from botocore.model import StringShape, StructureShape

from deploys.catalogue.service import Strategy
from deploys.errors import DaemonStopStart, ForeignController, ManagementUnknown, Refused, ServiceNotActive
from tests.builders import ARN, a_service
from workers.ecs import alarms
from workers.ecs.registry import PULLABLE
from workers.ecs.seen import DeploymentSeen, ServiceSeen
from workers.ecs.why_tasks import STOP_CODES
from workers.flows.planning import check_service
from workers.flows.present import EXPRESS_MODE
from workers.flows.restoring import STOPPABLE, WAY_BACK
from workers.flows.rollout import STAND_BY_ROLLOUT_STATE, STAND_BY_STATUS, Stand

CONTROLLERS = {"ECS": None, "CODE_DEPLOY": ForeignController, "EXTERNAL": ForeignController}
MANAGEMENT = {"CUSTOMER": None, "ECS": None}
"""ECS manages the services of ECS Express Mode, which UpdateService changes like any other."""
SCHEDULING = {"REPLICA": None, "DAEMON": DaemonStopStart}
DEPLOYMENT_STRATEGIES = {"ROLLING", "BLUE_GREEN", "LINEAR", "CANARY"}
HEALTH = {"HEALTHY", "UNHEALTHY", "UNKNOWN"}
"""Only UNHEALTHY is read: it names the container that failed its check."""
DESIRED = {"RUNNING", "PENDING", "STOPPED"}
"""Tasks are listed as RUNNING and as STOPPED; ListTasks finds none as PENDING (API reference)."""
REVISIONS = {"ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS"}
"""Only ACTIVE ones are deployed; of the others a copy is registered."""
HOOKS = {"PAUSE", "AWS_LAMBDA"}
"""Only PAUSE is read: it is what ECS asks people for. A function answers by itself."""
LOG_DRIVERS = {
    "awslogs",  # the one that keeps logs where they can be read
    "awsfirelens",
    "fluentd",
    "gelf",
    "journald",
    "json-file",
    "splunk",
    "syslog",
}
SERVICES = {"ACTIVE": None, "DRAINING": ServiceNotActive, "INACTIVE": ServiceNotActive}
"""No enum: the API reference lists them at Service.status."""
SETTLED = {"SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"}
"""Service deployments that neither can be stopped nor are on a way back."""


def model(name: str, service: str = "ecs") -> set[str]:
    shape = boto3.client(service, region_name="eu-west-1").meta.service_model.shape_for(name)  # type: ignore[call-overload]
    assert isinstance(shape, StringShape)
    return set(shape.enum)


def seen(**changes: str) -> ServiceSeen:
    primary = DeploymentSeen(
        id="ecs-svc/1",
        status="PRIMARY",
        revision=f"{ARN}:task-definition/web:1",
        desired=3,
        pending=0,
        running=3,
        rollout_state="COMPLETED",
    )
    return ServiceSeen(
        arn=f"{ARN}:service/production/web",
        name="web",
        status=changes.get("status", "ACTIVE"),
        revision=primary.revision,
        desired=3,
        pending=0,
        running=3,
        deployments=(primary,),
        controller=changes.get("controller", "ECS"),
        management=changes.get("management", "CUSTOMER"),
        scheduling=changes.get("scheduling", "REPLICA"),
    )


def refusal(service: ServiceSeen, strategy: Strategy = Strategy.STOP_START) -> type[Refused] | None:
    try:
        check_service(a_service(strategy=strategy), service)
    except Refused as refused:
        return type(refused)
    return None


@pytest.mark.parametrize(
    ("enum", "decided"),
    [
        ("ServiceDeploymentStatus", set(STAND_BY_STATUS)),
        ("ServiceDeploymentStatus", STOPPABLE | WAY_BACK | SETTLED),
        ("DeploymentRolloutState", set(STAND_BY_ROLLOUT_STATE) - {""}),
        ("DeploymentControllerType", set(CONTROLLERS)),
        ("ResourceManagementType", set(MANAGEMENT)),
        ("ResourceManagementType", set(EXPRESS_MODE)),
        ("SchedulingStrategy", set(SCHEDULING)),
        ("DeploymentStrategy", DEPLOYMENT_STRATEGIES),
        ("TaskStopCode", set(STOP_CODES)),
        ("TaskDefinitionStatus", REVISIONS),
        ("HealthStatus", HEALTH),
        ("DesiredStatus", DESIRED),
        ("DeploymentLifecycleHookTargetType", HOOKS),
        ("LogDriver", LOG_DRIVERS),
    ],
)
def test_every_value_that_the_sdk_knows_is_decided(enum: str, decided: set[str]) -> None:
    assert decided == model(enum)


@pytest.mark.parametrize(
    ("service", "enum", "decided"),
    [
        ("ecr", "ImageStatus", set(PULLABLE)),
        ("cloudwatch", "AlarmType", set(alarms.TYPES)),
        ("cloudwatch", "StateValue", set(alarms.RINGS)),
    ],
)
def test_every_value_of_the_neighbours_too(service: str, enum: str, decided: set[str]) -> None:
    assert decided == model(enum, service)


@pytest.mark.parametrize(("controller", "refused"), CONTROLLERS.items())
def test_each_deployment_controller(controller: str, refused: type[Refused] | None) -> None:
    for strategy in (Strategy.ROLLING, Strategy.STOP_START):
        assert refusal(seen(controller=controller), strategy) is refused


@pytest.mark.parametrize(
    ("management", "refused"), [*MANAGEMENT.items(), ("A_SERVICE_OF_TOMORROW", ManagementUnknown)]
)
def test_each_resource_management_type(management: str, refused: type[Refused] | None) -> None:
    for strategy in (Strategy.ROLLING, Strategy.STOP_START):
        assert refusal(seen(management=management), strategy) is refused


@pytest.mark.parametrize(("scheduling", "refused"), SCHEDULING.items())
def test_each_scheduling_strategy(scheduling: str, refused: type[Refused] | None) -> None:
    assert refusal(seen(scheduling=scheduling)) is refused
    assert refusal(seen(scheduling=scheduling), Strategy.ROLLING) is None


@pytest.mark.parametrize(("status", "refused"), SERVICES.items())
def test_each_status_of_a_service(status: str, refused: type[Refused] | None) -> None:
    assert refusal(seen(status=status)) is refused


def test_what_can_be_stopped_or_is_on_its_way_back_is_no_end() -> None:
    ends = {Stand.SUCCEEDED, Stand.ROLLED_BACK, Stand.FAILED, None}
    assert not {status for status in STOPPABLE | WAY_BACK if STAND_BY_STATUS[status] in ends}


def test_a_request_to_stop_names_a_stop_type_of_the_model() -> None:
    service_model = boto3.client("ecs", region_name="eu-west-1").meta.service_model
    shape = service_model.operation_model("StopServiceDeployment").input_shape
    assert isinstance(shape, StructureShape)
    stop_type = shape.members["stopType"]
    assert isinstance(stop_type, StringShape)
    assert "ROLLBACK" in stop_type.enum
