"""RunTask as it is asked, and what its answers mean."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from deploys.errors import AwsDenied, AwsRefused, AwsUncertain
from deploys.one_off import OneOff, StopWhy
from tests.workers.ecs.played import PlayedAws, Reply
from workers.ecs import one_off, services
from workers.ecs.one_off import NoRoom, Order
from workers.ecs.seen import ContainerSeen, TaskSeen
from workers.ecs.session import Region
from workers.flows.one_off_stand import ENDED_BY_ITSELF, Stand, stand

TASK = "arn:aws:ecs:eu-west-1:123456789012:task/production/" + "1" * 32
REVISION = "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:18"
NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}}


def order(**changes: Any) -> Order:
    fields: dict[str, Any] = {
        "cluster": "production",
        "revision": REVISION,
        "container": "web",
        "command": ("migrate",),
        "deploy_id": "k3m9p2qr",
        "token": "slipway-k3m9p2qr-1",
        "launch": {"launchType": "FARGATE", "networkConfiguration": NETWORK},
    }
    return Order(**{**fields, **changes})


def test_the_task_runs_as_the_service_does_and_can_be_known_again(aws: PlayedAws, region: Region) -> None:
    aws.answer("RunTask", {"tasks": [{"taskArn": TASK}], "failures": []})

    assert one_off.run(region, order()) == TASK
    assert aws.bodies("RunTask") == [
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


def test_a_failure_of_placement_is_no_error(aws: PlayedAws, region: Region) -> None:
    aws.answer("RunTask", {"tasks": [], "failures": [{"arn": "arn:i", "reason": "RESOURCE:MEMORY"}]})

    assert one_off.run(region, order()) == NoRoom("RESOURCE:MEMORY")


@pytest.mark.parametrize(
    "message",
    [
        "Capacity is unavailable at this time. Please try again later or in a different availability zone",
        "You've reached the limit on the number of tasks you can run concurrently",
        "The quota of tasks in the PROVISIONING state per cluster has been reached",
    ],
)
def test_a_quota_that_passes_is_no_error_either(aws: PlayedAws, region: Region, message: str) -> None:
    aws.error("RunTask", "ClientException", message)

    assert one_off.run(region, order()) == NoRoom(message)


def test_a_token_in_use_leads_to_its_task(aws: PlayedAws, region: Region) -> None:
    body = {"__type": "ConflictException", "message": "in use", "resourceIds": [TASK]}
    aws.reply("RunTask", Reply(json.dumps(body).encode(), 400))

    assert one_off.run(region, order()) == TASK


def test_other_refusals_and_lost_answers_are_errors(aws: PlayedAws, region: Region) -> None:
    for code, error in (
        ("InvalidParameterException", AwsRefused),
        ("AccessDeniedException", AwsDenied),
        ("ServerException", AwsUncertain),
    ):
        aws.error("RunTask", code, "no", status=500 if code == "ServerException" else 400)
        with pytest.raises(error):
            one_off.run(region, order())


def test_the_word_capacity_in_another_refusal_is_not_taken_for_a_lack_of_room(
    aws: PlayedAws, region: Region
) -> None:
    aws.error("RunTask", "InvalidParameterException", "No capacity provider in PROVISIONING may be named")

    with pytest.raises(AwsRefused):
        one_off.run(region, order())


def test_a_running_task_is_found_by_who_started_it_and_nothing_else(aws: PlayedAws, region: Region) -> None:
    aws.answer("ListTasks", {"taskArns": [TASK]})
    aws.answer(
        "DescribeTasks",
        {"tasks": [{"taskArn": TASK, "startedBy": "slipway/k3m9p2qr", "lastStatus": "RUNNING"}]},
    )

    found = one_off.find(region, "production", REVISION, "k3m9p2qr")

    assert found is not None
    assert found.arn == TASK
    assert aws.bodies("ListTasks") == [{"cluster": "production", "startedBy": "slipway/k3m9p2qr"}]


def test_a_stopped_task_is_found_among_those_of_its_family(aws: PlayedAws, region: Region) -> None:
    other = TASK.replace("1" * 32, "2" * 32)
    aws.answer("ListTasks", lambda asked: {"taskArns": [other, TASK] if "family" in asked else []})
    aws.answer(
        "DescribeTasks",
        {
            "tasks": [
                {"taskArn": other, "startedBy": "ecs-svc/1", "lastStatus": "STOPPED"},
                {"taskArn": TASK, "startedBy": "slipway/k3m9p2qr", "lastStatus": "STOPPED"},
            ]
        },
    )

    found = one_off.find(region, "production", REVISION, "k3m9p2qr")

    assert found is not None
    assert found.arn == TASK
    assert aws.bodies("ListTasks")[1] == {
        "cluster": "production",
        "family": "web",
        "desiredStatus": "STOPPED",
    }


def test_of_launch_type_and_capacity_providers_one_is_taken_over(aws: PlayedAws, region: Region) -> None:
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
    aws.answer("DescribeServices", {"services": [service], "failures": []})

    assert services.describe(region, "production", ["web"])["web"].launch == {
        "capacityProviderStrategy": strategy,
        "platformVersion": "1.4.0",
        "networkConfiguration": NETWORK,
    }


def a_task(status: str, exit_code: int | None, stop_code: str = "", container: str = "") -> TaskSeen:
    desired = "RUNNING" if status == "RUNNING" else "STOPPED"
    ours = ContainerSeen("web", last_status=container or status, exit_code=exit_code)
    sidecar = ContainerSeen("envoy", last_status=status, exit_code=0)
    return TaskSeen(
        TASK, status, desired, REVISION, stop_code=stop_code, containers=(sidecar, ours), stopped_at=1.0
    )


@pytest.mark.parametrize("stop_code", ["", *ENDED_BY_ITSELF])
@pytest.mark.parametrize("exit_code", [None, 0, 1, 137])
def test_only_an_exit_by_itself_with_0_is_a_success(stop_code: str, exit_code: int | None) -> None:
    good = exit_code == 0 and stop_code == "EssentialContainerExited"

    stands = stand(a_task("STOPPED", exit_code, stop_code), OneOff(container="web"))

    assert stands is (Stand.SUCCEEDED if good else Stand.FAILED)


@pytest.mark.parametrize("exit_code", [0, 3])
def test_a_container_that_exited_first_decides_though_the_task_was_stopped(exit_code: int) -> None:
    known = OneOff(container="web", stop_why=StopWhy.DONE)

    assert stand(a_task("RUNNING", exit_code, container="STOPPED"), known) is Stand.DONE
    stands = stand(a_task("STOPPED", exit_code, "UserInitiated"), known)
    assert stands is (Stand.FAILED if exit_code else Stand.SUCCEEDED)


@pytest.mark.parametrize("status", ["PROVISIONING", "PENDING", "RUNNING", "STOPPING", "DEPROVISIONING"])
def test_a_task_that_has_not_stopped_goes_on(status: str) -> None:
    assert stand(a_task(status, None), OneOff(container="web")) is Stand.RUNNING


def test_a_task_without_the_container_has_failed() -> None:
    task = a_task("STOPPED", 0, "EssentialContainerExited")

    assert stand(task, OneOff(container="migrator")) is Stand.FAILED


def test_every_stop_code_is_judged() -> None:
    model = boto3.client("ecs", region_name="eu-west-1").meta.service_model

    assert set(ENDED_BY_ITSELF) == set(model.shape_for("TaskStopCode").enum)  # type: ignore[attr-defined]
