"""RunTask as it is asked, and what its answers mean."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from deploys.errors import AwsDenied, AwsRefused, AwsResultUnknown
from deploys.records.pre_task_and_post_check import PreTaskRun, StopCause
from tests.workers.ecs.fake_aws import FakeAws, RawResponse
from workers.ecs import one_off_tasks, services
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.one_off_tasks import NoCapacity, RunTaskRequest
from workers.ecs.state import ContainerState, TaskState
from workers.flows.rollout.pre_task_status import ENDED_BY_ITSELF, PreTaskStatus, judge_pre_task

TASK = "arn:aws:ecs:eu-west-1:123456789012:task/production/" + "1" * 32
REVISION = "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:18"
NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}}


def a_request(**changes: Any) -> RunTaskRequest:
    fields: dict[str, Any] = {
        "cluster": "production",
        "revision": REVISION,
        "container": "web",
        "command": ("migrate",),
        "deploy_id": "k3m9p2qr",
        "token": "slipway-k3m9p2qr-1",
        "run_task_settings": {"launchType": "FARGATE", "networkConfiguration": NETWORK},
    }
    return RunTaskRequest(**{**fields, **changes})


def test_the_task_runs_as_the_service_does_and_can_be_known_again(
    aws: FakeAws, region: RegionClients
) -> None:
    aws.respond_with("RunTask", {"tasks": [{"taskArn": TASK}], "failures": []})

    assert one_off_tasks.run(region, a_request()) == TASK
    assert aws.request_bodies("RunTask") == [
        {
            "cluster": "production",
            "taskDefinition": REVISION,
            "count": 1,
            "launchType": "FARGATE",
            "networkConfiguration": NETWORK,
            "overrides": {"containerOverrides": [{"name": "web", "command": ["migrate"]}]},
            "startedBy": "slipway/k3m9p2qr",
            "clientToken": "slipway-k3m9p2qr-1",
            "tags": [{"key": "slipway:deploy", "value": "k3m9p2qr"}],
        }
    ]


def test_a_failure_of_placement_is_no_error(aws: FakeAws, region: RegionClients) -> None:
    aws.respond_with("RunTask", {"tasks": [], "failures": [{"arn": "arn:i", "reason": "RESOURCE:MEMORY"}]})

    assert one_off_tasks.run(region, a_request()) == NoCapacity("RESOURCE:MEMORY")


@pytest.mark.parametrize(
    "message",
    [
        "Capacity is unavailable at this time. Please try again later or in a different availability zone",
        "You've reached the limit on the number of tasks you can run concurrently",
        "The quota of tasks in the PROVISIONING state per cluster has been reached",
    ],
)
def test_a_quota_that_passes_is_no_error_either(aws: FakeAws, region: RegionClients, message: str) -> None:
    aws.respond_error("RunTask", "ClientException", message)

    assert one_off_tasks.run(region, a_request()) == NoCapacity(message)


def test_a_token_in_use_leads_to_its_task(aws: FakeAws, region: RegionClients) -> None:
    body = {"__type": "ConflictException", "message": "in use", "resourceIds": [TASK]}
    aws.respond_raw("RunTask", RawResponse(json.dumps(body).encode(), 400))

    assert one_off_tasks.run(region, a_request()) == TASK


def test_other_refusals_and_lost_answers_are_errors(aws: FakeAws, region: RegionClients) -> None:
    for code, error in (
        ("InvalidParameterException", AwsRefused),
        ("AccessDeniedException", AwsDenied),
        ("ServerException", AwsResultUnknown),
    ):
        aws.respond_error("RunTask", code, "no", status=500 if code == "ServerException" else 400)
        with pytest.raises(error):
            one_off_tasks.run(region, a_request())


def test_the_word_capacity_in_another_refusal_is_not_taken_for_a_lack_of_room(
    aws: FakeAws, region: RegionClients
) -> None:
    aws.respond_error(
        "RunTask", "InvalidParameterException", "No capacity provider in PROVISIONING may be named"
    )

    with pytest.raises(AwsRefused):
        one_off_tasks.run(region, a_request())


def test_a_running_task_is_found_by_who_started_it_and_nothing_else(
    aws: FakeAws, region: RegionClients
) -> None:
    aws.respond_with("ListTasks", {"taskArns": [TASK]})
    aws.respond_with(
        "DescribeTasks",
        {"tasks": [{"taskArn": TASK, "startedBy": "slipway/k3m9p2qr", "lastStatus": "RUNNING"}]},
    )

    found = one_off_tasks.find(region, "production", REVISION, "k3m9p2qr")

    assert found is not None
    assert found.arn == TASK
    assert aws.request_bodies("ListTasks") == [{"cluster": "production", "startedBy": "slipway/k3m9p2qr"}]


def test_a_stopped_task_is_found_among_those_of_its_family(aws: FakeAws, region: RegionClients) -> None:
    other = TASK.replace("1" * 32, "2" * 32)
    aws.respond_with("ListTasks", lambda asked: {"taskArns": [other, TASK] if "family" in asked else []})
    aws.respond_with(
        "DescribeTasks",
        {
            "tasks": [
                {"taskArn": other, "startedBy": "ecs-svc/1", "lastStatus": "STOPPED"},
                {"taskArn": TASK, "startedBy": "slipway/k3m9p2qr", "lastStatus": "STOPPED"},
            ]
        },
    )

    found = one_off_tasks.find(region, "production", REVISION, "k3m9p2qr")

    assert found is not None
    assert found.arn == TASK
    assert aws.request_bodies("ListTasks")[1] == {
        "cluster": "production",
        "family": "web",
        "desiredStatus": "STOPPED",
    }


def test_of_launch_type_and_capacity_providers_one_is_taken_over(aws: FakeAws, region: RegionClients) -> None:
    strategy = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    service = {
        "serviceArn": "arn:web",
        "serviceName": "web",
        "status": "ACTIVE",
        "launchType": "FARGATE",
        "capacityProviderStrategy": strategy,
        "platformVersion": "1.4.0",
        "networkConfiguration": NETWORK,
        "placementConstraints": [],
    }
    aws.respond_with("DescribeServices", {"services": [service], "failures": []})

    assert services.describe(region, "production", ["web"])["web"].run_task_settings == {
        "capacityProviderStrategy": strategy,
        "platformVersion": "1.4.0",
        "networkConfiguration": NETWORK,
    }


def a_task(status: str, exit_code: int | None, stop_code: str = "", container: str = "") -> TaskState:
    desired = "RUNNING" if status == "RUNNING" else "STOPPED"
    ours = ContainerState("web", last_status=container or status, exit_code=exit_code)
    sidecar = ContainerState("envoy", last_status=status, exit_code=0)
    return TaskState(
        TASK, status, desired, REVISION, stop_code=stop_code, containers=(sidecar, ours), stopped_at=1.0
    )


@pytest.mark.parametrize("stop_code", ["", *ENDED_BY_ITSELF])
@pytest.mark.parametrize("exit_code", [None, 0, 1, 137])
def test_only_an_exit_by_itself_with_0_is_a_success(stop_code: str, exit_code: int | None) -> None:
    good = exit_code == 0 and stop_code == "EssentialContainerExited"

    status = judge_pre_task(a_task("STOPPED", exit_code, stop_code), PreTaskRun(container="web"))

    assert status is (PreTaskStatus.SUCCEEDED if good else PreTaskStatus.FAILED)


@pytest.mark.parametrize("exit_code", [0, 3])
def test_a_container_that_exited_first_decides_though_the_task_was_stopped(exit_code: int) -> None:
    known = PreTaskRun(container="web", stop_cause=StopCause.DONE)

    assert (
        judge_pre_task(a_task("RUNNING", exit_code, container="STOPPED"), known)
        is PreTaskStatus.COMMAND_EXITED
    )
    status = judge_pre_task(a_task("STOPPED", exit_code, "UserInitiated"), known)
    assert status is (PreTaskStatus.FAILED if exit_code else PreTaskStatus.SUCCEEDED)


@pytest.mark.parametrize("status", ["PROVISIONING", "PENDING", "RUNNING", "STOPPING", "DEPROVISIONING"])
def test_a_task_that_has_not_stopped_goes_on(status: str) -> None:
    assert judge_pre_task(a_task(status, None), PreTaskRun(container="web")) is PreTaskStatus.RUNNING


def test_a_task_without_the_container_has_failed() -> None:
    task = a_task("STOPPED", 0, "EssentialContainerExited")

    assert judge_pre_task(task, PreTaskRun(container="migrator")) is PreTaskStatus.FAILED


def test_every_stop_code_is_judged() -> None:
    model = boto3.client("ecs", region_name="eu-west-1").meta.service_model

    assert set(ENDED_BY_ITSELF) == set(model.shape_for("TaskStopCode").enum)  # type: ignore[attr-defined]
