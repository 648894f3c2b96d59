"""Every value of the AWS enums that a decision reads, and what is decided: a new one fails here first."""

from __future__ import annotations

import boto3
import pytest
from botocore.model import StringShape, StructureShape

from deploys.catalogue.service import Strategy
from deploys.errors import (
    DaemonStopStart,
    ManagementUnknown,
    OtherDeploymentController,
    Refused,
    ServiceNotActive,
)
from tests.builders import ARN, a_service
from workers.ecs import alarms
from workers.ecs.images.ecr import PULLABLE_BY_STATUS
from workers.ecs.reasons.stopped_task import CAUSES_BY_STOP_CODE
from workers.ecs.state import DeploymentState, ServiceState
from workers.flows.observe.rollout_status import (
    STATUS_BY_ROLLOUT_STATE,
    STATUS_BY_SERVICE_DEPLOYMENT,
    RolloutStatus,
)
from workers.flows.plan.planning import check_service
from workers.flows.plan.service_checks import EXPRESS_MODE
from workers.flows.restore.rollback_progress import ROLLBACK_STATUSES
from workers.flows.strategies.rolling import STOPPABLE_STATUSES

CONTROLLERS = {"ECS": None, "CODE_DEPLOY": OtherDeploymentController, "EXTERNAL": OtherDeploymentController}
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
"""Service deployments that can neither be stopped nor are rolling back."""


def model(name: str, service: str = "ecs") -> set[str]:
    shape = boto3.client(service, region_name="eu-west-1").meta.service_model.shape_for(name)  # type: ignore[call-overload]
    assert isinstance(shape, StringShape)
    return set(shape.enum)


def a_service_state(**changes: str) -> ServiceState:
    primary = DeploymentState(
        id="ecs-svc/1",
        status="PRIMARY",
        revision=f"{ARN}:task-definition/web:1",
        desired=3,
        pending=0,
        running=3,
        rollout_state="COMPLETED",
    )
    return ServiceState(
        arn=f"{ARN}:service/production/web",
        name="web",
        status=changes.get("status", "ACTIVE"),
        revision=primary.revision,
        desired=3,
        pending=0,
        running=3,
        deployments=(primary,),
        controller=changes.get("controller", "ECS"),
        managed_by=changes.get("management", "CUSTOMER"),
        scheduling=changes.get("scheduling", "REPLICA"),
    )


def refusal(service: ServiceState, strategy: Strategy = Strategy.STOP_START) -> type[Refused] | None:
    try:
        check_service(a_service(strategy=strategy), service)
    except Refused as refused:
        return type(refused)
    return None


@pytest.mark.parametrize(
    ("enum", "decided"),
    [
        ("ServiceDeploymentStatus", set(STATUS_BY_SERVICE_DEPLOYMENT)),
        ("ServiceDeploymentStatus", STOPPABLE_STATUSES | ROLLBACK_STATUSES | SETTLED),
        ("DeploymentRolloutState", set(STATUS_BY_ROLLOUT_STATE) - {""}),
        ("DeploymentControllerType", set(CONTROLLERS)),
        ("ResourceManagementType", set(MANAGEMENT)),
        ("ResourceManagementType", set(EXPRESS_MODE)),
        ("SchedulingStrategy", set(SCHEDULING)),
        ("DeploymentStrategy", DEPLOYMENT_STRATEGIES),
        ("TaskStopCode", set(CAUSES_BY_STOP_CODE)),
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
        ("ecr", "ImageStatus", set(PULLABLE_BY_STATUS)),
        ("cloudwatch", "AlarmType", set(alarms.TYPES)),
        ("cloudwatch", "StateValue", set(alarms.ALARMING_BY_STATE)),
    ],
)
def test_every_value_of_the_neighbours_too(service: str, enum: str, decided: set[str]) -> None:
    assert decided == model(enum, service)


@pytest.mark.parametrize(("controller", "refused"), CONTROLLERS.items())
def test_each_deployment_controller(controller: str, refused: type[Refused] | None) -> None:
    for strategy in (Strategy.ROLLING, Strategy.STOP_START):
        assert refusal(a_service_state(controller=controller), strategy) is refused


@pytest.mark.parametrize(
    ("management", "refused"), [*MANAGEMENT.items(), ("A_SERVICE_OF_TOMORROW", ManagementUnknown)]
)
def test_each_resource_management_type(management: str, refused: type[Refused] | None) -> None:
    for strategy in (Strategy.ROLLING, Strategy.STOP_START):
        assert refusal(a_service_state(management=management), strategy) is refused


@pytest.mark.parametrize(("scheduling", "refused"), SCHEDULING.items())
def test_each_scheduling_strategy(scheduling: str, refused: type[Refused] | None) -> None:
    assert refusal(a_service_state(scheduling=scheduling)) is refused
    assert refusal(a_service_state(scheduling=scheduling), Strategy.ROLLING) is None


@pytest.mark.parametrize(("status", "refused"), SERVICES.items())
def test_each_status_of_a_service(status: str, refused: type[Refused] | None) -> None:
    assert refusal(a_service_state(status=status)) is refused


def test_what_can_be_stopped_or_is_being_rolled_back_is_no_end() -> None:
    ends = {RolloutStatus.SUCCEEDED, RolloutStatus.ROLLED_BACK, RolloutStatus.FAILED, None}
    assert not {
        status
        for status in STOPPABLE_STATUSES | ROLLBACK_STATUSES
        if STATUS_BY_SERVICE_DEPLOYMENT[status] in ends
    }


def test_a_request_to_stop_names_a_stop_type_of_the_model() -> None:
    service_model = boto3.client("ecs", region_name="eu-west-1").meta.service_model
    shape = service_model.operation_model("StopServiceDeployment").input_shape
    assert isinstance(shape, StructureShape)
    stop_type = shape.members["stopType"]
    assert isinstance(stop_type, StringShape)
    assert "ROLLBACK" in stop_type.enum
