"""Tasks run once for their command: how they exit, and what they log."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.ecs import Durations, EcsSandbox
from sandbox.ecs.tasks.task_commands import CommandResult, predict_result
from tests.sandbox.ecs.ecs_actions import (
    CLUSTER,
    READ_ONLY_FIELDS,
    advance_until,
    describe_service,
    register_revision,
)

LIFETIMES = Durations(one_off_work=8, long_one_off_work=300)
Json = dict[str, Any]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["python", "-m", "web", "migrate"], CommandResult(8, 0)),
        (["migrate", "--fail"], CommandResult(8, 1)),
        (["sh", "-c", "migrate && exit 42"], CommandResult(8, 42)),
        (["sh", "-c", "sleep 90; exit 0"], CommandResult(90, 0)),
        (["sleep", "90"], CommandResult(90, 0)),
        (["migrate", "--long"], CommandResult(300, 0)),
        (["migrate-long-and-fail"], CommandResult(300, 1)),
    ],
)
def test_the_command_decides_how_it_exits(command: list[str], expected: CommandResult) -> None:
    assert predict_result(command, LIFETIMES) == expected


def run(client: Any, definition: str, *command: str, **more: Any) -> Json:
    overrides = {"containerOverrides": [{"name": "web", "command": list(command)}]}
    network = describe_service(client, "web")["networkConfiguration"]
    (task,) = client.run_task(
        cluster=CLUSTER,
        taskDefinition=definition,
        launchType="FARGATE",
        networkConfiguration=network,
        overrides=overrides,
        startedBy="deploy-7",
        **more,
    )["tasks"]
    started: Json = task
    return started


def described(client: Any, task: Json) -> Json:
    found: Json = client.describe_tasks(cluster=CLUSTER, tasks=[task["taskArn"]])["tasks"][0]
    return found


def until_stopped(ecs: EcsSandbox, client: Any, task: Json) -> Json:
    advance_until(ecs, lambda: described(client, task)["lastStatus"] == "STOPPED", step=2)
    return described(client, task)


def logged(ecs: EcsSandbox, task: Json) -> list[str]:
    stream = f"web/web/{task['taskArn'].rpartition('/')[2]}"
    events = ecs.client("logs").get_log_events(logGroupName="/ecs/web", logStreamName=stream)["events"]
    return [event["message"] for event in events]


def test_a_migration_that_goes_well(ecs: EcsSandbox, client: Any) -> None:
    task = run(client, register_revision(client, "web", "1.4.2"), "migrate")

    ended = until_stopped(ecs, client, task)

    assert ended["containers"][0]["exitCode"] == 0
    assert ended["stopCode"] == "EssentialContainerExited"
    assert ended["startedBy"] == "deploy-7"
    assert logged(ecs, task)[-2:] == ["INFO running migrate", "INFO migrate: done"]


def test_a_migration_that_fails(ecs: EcsSandbox, client: Any) -> None:
    task = run(client, "web", "migrate", "--fail")

    ended = until_stopped(ecs, client, task)

    assert ended["containers"][0]["exitCode"] == 1
    assert ended["stoppedReason"] == "Essential container in task exited"
    assert logged(ecs, task)[-1] == "FATAL giving up, exit status 1"
    assert describe_service(client, "web")["runningCount"] == 3, "the service has no part in it"


def test_an_image_that_is_not_there(ecs: EcsSandbox, client: Any) -> None:
    task = run(client, register_revision(client, "web", "9.9.9"), "migrate")

    ended = until_stopped(ecs, client, task)

    assert ended["stopCode"] == "TaskFailedToStart"
    assert ended["stoppedReason"].startswith("CannotPullContainerError")
    assert "exitCode" not in ended["containers"][0]


def test_a_long_one_is_stopped_by_hand(ecs: EcsSandbox, client: Any) -> None:
    task = run(client, "web", "migrate", "--long")
    ecs.advance(250)
    assert described(client, task)["lastStatus"] == "RUNNING"

    client.stop_task(cluster=CLUSTER, task=task["taskArn"], reason="deadline")
    ended = until_stopped(ecs, client, task)

    assert (ended["stopCode"], ended["stoppedReason"]) == ("UserInitiated", "deadline")
    assert ended["containers"][0]["exitCode"] == 143
    assert "INFO migrate --long: done" not in logged(ecs, task)


def test_a_repeated_token_starts_no_second_task(ecs: EcsSandbox, client: Any) -> None:
    first = run(client, "web", "migrate", clientToken="token-1")
    again = run(client, "web", "migrate", clientToken="token-1")
    ended = until_stopped(ecs, client, first)
    assert run(client, "web", "migrate", clientToken="token-1")["taskArn"] == ended["taskArn"]
    other = run(client, "web", "migrate", clientToken="token-2")

    assert first["taskArn"] == again["taskArn"] != other["taskArn"]


def test_a_token_that_another_request_used_conflicts(ecs: EcsSandbox, client: Any) -> None:
    first = run(client, "web", "migrate", clientToken="token-1")

    with pytest.raises(client.exceptions.ConflictException) as conflict:
        run(client, "web", "other", clientToken="token-1")

    assert conflict.value.response["resourceIds"] == [first["taskArn"]]


def test_a_token_is_forgotten_an_hour_after_its_task_stopped(ecs: EcsSandbox, client: Any) -> None:
    first = run(client, "web", "migrate", clientToken="token-1")
    ecs.advance(3700)

    assert run(client, "web", "migrate", clientToken="token-1")["taskArn"] != first["taskArn"]


def test_started_by_is_the_only_filter_where_it_is_one(ecs: EcsSandbox, client: Any) -> None:
    task = run(client, "web", "migrate")

    listed = client.list_tasks(cluster=CLUSTER, startedBy="deploy-7")["taskArns"]
    assert listed == [task["taskArn"]]
    with pytest.raises(ClientError, match="cannot specify startedBy with other arguments"):
        client.list_tasks(cluster=CLUSTER, startedBy="deploy-7", desiredStatus="STOPPED")


def test_a_container_that_is_not_essential_exits_alone(ecs: EcsSandbox, client: Any) -> None:
    description = client.describe_task_definition(taskDefinition="api")["taskDefinition"]
    copy = {key: value for key, value in description.items() if key not in READ_ONLY_FIELDS}
    copy["containerDefinitions"][1]["essential"] = False
    definition = client.register_task_definition(**copy)["taskDefinition"]["taskDefinitionArn"]
    overrides = {"containerOverrides": [{"name": "envoy", "command": ["exit 3"]}]}
    network = describe_service(client, "api")["networkConfiguration"]
    (task,) = client.run_task(
        cluster=CLUSTER, taskDefinition=definition, networkConfiguration=network, overrides=overrides
    )["tasks"]
    ecs.advance(60)

    seen = described(client, task)
    assert seen["lastStatus"] == "RUNNING"
    envoy = next(c for c in seen["containers"] if c["name"] == "envoy")
    assert (envoy["lastStatus"], envoy["exitCode"]) == ("STOPPED", 3)

    client.stop_task(cluster=CLUSTER, task=task["taskArn"])
    ended = until_stopped(ecs, client, task)
    assert next(c for c in ended["containers"] if c["name"] == "envoy")["exitCode"] == 3


def test_a_fault_can_take_the_capacity_away(ecs: EcsSandbox, client: Any) -> None:
    ecs.faults.add(operation="*", kind="no-room", message="RESOURCE:CPU")

    network = describe_service(client, "web")["networkConfiguration"]
    answer = client.run_task(cluster=CLUSTER, taskDefinition="web", networkConfiguration=network)

    assert (answer["tasks"], answer["failures"]) == ([], [{"reason": "RESOURCE:CPU"}])
    assert run(client, "web", "migrate")["taskArn"], "once only, unless told otherwise"
