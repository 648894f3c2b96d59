"""ListTasks, DescribeTasks, StopTask and RunTask."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.ecs import EcsSandbox
from tests.sandbox.ecs.ecs_actions import (
    CLUSTER,
    advance_until,
    advance_until_steady,
    deploy_tag,
    describe_service,
    event_messages,
    primary_deployment,
    register_revision,
    service_tasks,
)


def run(client: Any, definition: str = "ledger", **members: Any) -> dict[str, Any]:
    network = describe_service(client, "ledger")["networkConfiguration"]
    answer: dict[str, Any] = client.run_task(
        cluster=CLUSTER,
        taskDefinition=definition,
        launchType="FARGATE",
        networkConfiguration=network,
        **members,
    )
    return answer


def described(client: Any, arn: str) -> dict[str, Any]:
    found: dict[str, Any] = client.describe_tasks(cluster=CLUSTER, tasks=[arn])["tasks"][0]
    return found


def test_tasks_are_listed_by_what_is_wanted_of_them(ecs: EcsSandbox, client: Any) -> None:
    old = {task["taskArn"] for task in service_tasks(client, "web")}
    new = deploy_tag(client, "web", "1.4.2")
    advance_until_steady(ecs, client, "web")

    def listed(**filters: Any) -> set[str]:
        return set(client.list_tasks(cluster=CLUSTER, **filters)["taskArns"])

    assert listed(serviceName="web", desiredStatus="STOPPED") == old
    assert not listed(serviceName="web") & old
    assert listed(startedBy=new["id"]) == listed(serviceName="web", desiredStatus="RUNNING")
    assert listed(family="web") == listed(serviceName="web")
    assert len(listed()) == 13


def test_a_hundred_tasks_a_page_and_a_call(ecs: EcsSandbox, client: Any) -> None:
    client.update_service(cluster=CLUSTER, service="web", desiredCount=130)
    advance_until(ecs, lambda: describe_service(client, "web")["runningCount"] == 130)

    first = client.list_tasks(cluster=CLUSTER, serviceName="web")
    rest = client.list_tasks(cluster=CLUSTER, serviceName="web", nextToken=first["nextToken"])

    assert (len(first["taskArns"]), len(rest["taskArns"])) == (100, 30)
    assert len(set(first["taskArns"]) | set(rest["taskArns"])) == 130
    assert len(client.describe_tasks(cluster=CLUSTER, tasks=first["taskArns"])["tasks"]) == 100
    with pytest.raises(client.exceptions.InvalidParameterException, match="more than 100"):
        client.describe_tasks(cluster=CLUSTER, tasks=[*first["taskArns"], rest["taskArns"][0]])


def test_an_unknown_task_is_a_failure(client: Any) -> None:
    answer = client.describe_tasks(cluster=CLUSTER, tasks=["0" * 32])

    arn = f"arn:aws:ecs:eu-west-1:123456789012:task/production/{'0' * 32}"
    assert answer["failures"] == [{"arn": arn, "reason": "MISSING"}]


def test_refusals_of_list_tasks(client: Any) -> None:
    with pytest.raises(client.exceptions.ServiceNotFoundException):
        client.list_tasks(cluster=CLUSTER, serviceName="nothing")
    with pytest.raises(client.exceptions.InvalidParameterException):
        client.list_tasks(cluster=CLUSTER, desiredStatus="GONE")


def test_stopped_tasks_are_described_for_an_hour(ecs: EcsSandbox, client: Any) -> None:
    (old,) = service_tasks(client, "ledger")
    deploy_tag(client, "ledger", "1.4.2")
    advance_until_steady(ecs, client, "ledger")

    ecs.advance(3500)
    assert described(client, old["taskArn"])["lastStatus"] == "STOPPED"

    ecs.advance(200)
    answer = client.describe_tasks(cluster=CLUSTER, tasks=[old["taskArn"]])
    assert answer["failures"] == [{"arn": old["taskArn"], "reason": "MISSING"}]
    assert service_tasks(client, "ledger", "STOPPED") == []
    assert old["taskArn"] in {task["arn"] for task in ecs.state()["tasks"]}, "the state keeps it for ever"


def test_a_task_stopped_by_hand_is_replaced(ecs: EcsSandbox, client: Any) -> None:
    victim = service_tasks(client, "web")[0]["taskArn"]

    answer = client.stop_task(cluster=CLUSTER, task=victim, reason="looking at it")

    assert answer["task"]["desiredStatus"] == "STOPPED"
    advance_until_steady(ecs, client, "web")
    advance_until(ecs, lambda: described(client, victim)["lastStatus"] == "STOPPED")
    stopped = described(client, victim)
    assert (stopped["stopCode"], stopped["stoppedReason"]) == ("UserInitiated", "looking at it")
    assert len(service_tasks(client, "web")) == 3
    assert primary_deployment(client, "web")["failedTasks"] == 0
    assert primary_deployment(client, "web")["rolloutState"] == "COMPLETED"


def test_stopping_an_unknown_task(client: Any) -> None:
    with pytest.raises(client.exceptions.InvalidParameterException, match="task was not found"):
        client.stop_task(cluster=CLUSTER, task="0" * 32)


def test_a_task_run_by_itself_runs_until_it_is_stopped(ecs: EcsSandbox, client: Any) -> None:
    tags = [{"key": "why", "value": "test"}]
    (task,) = run(client, startedBy="someone", tags=tags)["tasks"]
    assert task["lastStatus"] == "PROVISIONING"
    assert task["group"] == "family:ledger"

    ecs.advance(600)
    task = client.describe_tasks(cluster=CLUSTER, tasks=[task["taskArn"]], include=["TAGS"])["tasks"][0]
    assert (task["lastStatus"], task["startedBy"], task["tags"]) == ("RUNNING", "someone", tags)
    assert describe_service(client, "ledger")["runningCount"] == 1

    client.stop_task(cluster=CLUSTER, task=task["taskArn"])
    ecs.advance(30)
    assert described(client, task["taskArn"])["stoppedReason"] == "Task stopped by user"


@pytest.mark.parametrize(("tag", "exit_code"), [("1.4.2", 0), ("1.5.0-crash", 1)])
def test_a_task_with_a_command_does_it_and_exits(
    ecs: EcsSandbox, client: Any, tag: str, exit_code: int
) -> None:
    command = {"containerOverrides": [{"name": "ledger", "command": ["migrate", "--all"]}]}
    (task,) = run(client, register_revision(client, "ledger", tag), overrides=command)["tasks"]

    advance_until(ecs, lambda: described(client, task["taskArn"])["lastStatus"] == "STOPPED")

    ended = described(client, task["taskArn"])
    assert ended["stopCode"] == "EssentialContainerExited"
    assert ended["containers"][0]["exitCode"] == exit_code
    assert ended["overrides"]["containerOverrides"][0]["command"] == ["migrate", "--all"]
    stream = f"ledger/ledger/{task['taskArn'].rpartition('/')[2]}"
    logs = ecs.client("logs").get_log_events(logGroupName="/ecs/ledger", logStreamName=stream)["events"]
    done = "INFO migrate --all: done"
    assert (logs[-1]["message"] == done) is (exit_code == 0)


def test_refusals_of_run_task(ecs: EcsSandbox, client: Any) -> None:
    with pytest.raises(client.exceptions.ClientException, match=r"TaskDefinition not found\."):
        run(client, "nothing")
    with pytest.raises(client.exceptions.InvalidParameterException, match="Network Configuration"):
        client.run_task(cluster=CLUSTER, taskDefinition="ledger")
    with pytest.raises(client.exceptions.InvalidParameterException, match="named web is not"):
        run(client, overrides={"containerOverrides": [{"name": "web"}]})
    with pytest.raises(client.exceptions.InvalidParameterException, match="between 1 and 10"):
        run(client, count=11)
    without_room = run(client, register_revision(client, "ledger", "1.5.0-noroom"))
    assert without_room["tasks"] == []
    assert "Capacity" in without_room["failures"][0]["reason"]


def test_a_stopped_task_leaves_its_target_group_and_says_so(ecs: EcsSandbox, client: Any) -> None:
    description = len(event_messages(client, "web"))
    client.stop_task(cluster=CLUSTER, task=service_tasks(client, "web")[0]["taskArn"])

    assert event_messages(client, "web")[description].startswith(
        "(service web) deregistered 1 targets in (target-group "
    )
