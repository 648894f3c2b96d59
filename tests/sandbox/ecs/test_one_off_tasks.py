"""Tasks run once for their command: how they exit, and what they log."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.ecs import EcsSandbox, Lifetimes
from sandbox.ecs.tasks.one_off import Work, work_of
from tests.sandbox.ecs.people import CLUSTER, advance_until, register, service

LIFETIMES = Lifetimes(one_off_work=8, long_one_off_work=300)
Json = dict[str, Any]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["python", "-m", "web", "migrate"], Work(8, 0)),
        (["migrate", "--fail"], Work(8, 1)),
        (["sh", "-c", "migrate && exit 42"], Work(8, 42)),
        (["sh", "-c", "sleep 90; exit 0"], Work(90, 0)),
        (["sleep", "90"], Work(90, 0)),
        (["migrate", "--long"], Work(300, 0)),
        (["migrate-long-and-fail"], Work(300, 1)),
    ],
)
def test_the_command_tells_how_it_goes(command: list[str], expected: Work) -> None:
    assert work_of(command, LIFETIMES) == expected


def run(client: Any, definition: str, *command: str) -> Json:
    overrides = {"containerOverrides": [{"name": "web", "command": list(command)}]}
    network = service(client, "web")["networkConfiguration"]
    (task,) = client.run_task(
        cluster=CLUSTER,
        taskDefinition=definition,
        launchType="FARGATE",
        networkConfiguration=network,
        overrides=overrides,
        startedBy="deploy-7",
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
    task = run(client, register(client, "web", "1.4.2"), "migrate")

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
    assert service(client, "web")["runningCount"] == 3, "the service has no part in it"


def test_an_image_that_is_not_there(ecs: EcsSandbox, client: Any) -> None:
    task = run(client, register(client, "web", "9.9.9"), "migrate")

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
