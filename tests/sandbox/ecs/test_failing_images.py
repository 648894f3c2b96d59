"""Images that crash, never become healthy, cannot be pulled or cannot be placed."""

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
    newest_service_deployment,
    primary_deployment,
)
from tests.sandbox.ecs.test_circuit_breaker import NO_ROLLBACK, failed


def test_a_crash_shows_in_the_task_and_in_its_logs(ecs: EcsSandbox, client: Any) -> None:
    new = deploy_tag(client, "api", "1.5.0-crash")

    def crashed() -> list[dict[str, Any]]:
        return [t for t in failed(client, "api", new["id"]) if t["lastStatus"] == "STOPPED"]

    advance_until(ecs, crashed)

    task = crashed()[0]
    assert task["stopCode"] == "EssentialContainerExited"
    assert task["stoppedReason"] == "Essential container in task exited"
    exits = {container["name"]: container["exitCode"] for container in task["containers"]}
    assert exits == {"api": 1, "envoy": 0}
    assert task["startedAt"] < task["stoppingAt"] < task["stoppedAt"]
    stream = f"api/api/{task['taskArn'].rpartition('/')[2]}"
    events = ecs.client("logs").get_log_events(logGroupName="/ecs/api", logStreamName=stream)["events"]
    lines = [event["message"] for event in events]
    assert lines[0] == "INFO api 1.5.0-crash starting"
    assert lines[-1] == "FATAL giving up, exit status 1"


def test_unhealthy_targets_are_stopped_with_the_load_balancers_reason(ecs: EcsSandbox, client: Any) -> None:
    new = deploy_tag(client, "web", "1.5.0-unhealthy")
    service_deployment = advance_until_steady(ecs, client, "web")
    group = describe_service(client, "web")["loadBalancers"][0]["targetGroupArn"]

    assert service_deployment["status"] == "ROLLBACK_SUCCESSFUL"
    reasons = {task["stoppedReason"] for task in failed(client, "web", new["id"])}
    assert f"Task failed ELB health checks in (target-group {group})" in reasons
    text = f"(port 8080) is unhealthy in (target-group {group}) due to (reason Health checks failed"
    assert any(text in message for message in event_messages(client, "web"))


def test_unhealthy_workers_are_stopped_by_their_container_health_check(ecs: EcsSandbox, client: Any) -> None:
    new = deploy_tag(client, "billing", "1.5.0-unhealthy")
    advance_until(ecs, lambda: failed(client, "billing", new["id"]))

    task = failed(client, "billing", new["id"])[0]
    assert task["stoppedReason"] == "Task failed container health checks"
    assert task["stopCode"] == "ServiceSchedulerInitiated"
    assert task["containers"][0]["healthStatus"] == "UNHEALTHY"
    task_id = task["taskArn"].rpartition("/")[2]
    messages = event_messages(client, "billing")
    assert f"(service billing) (task {task_id}) failed container health checks." in messages


def test_a_grace_period_hides_failing_health_checks_for_a_while(ecs: EcsSandbox, client: Any) -> None:
    deploy_tag(client, "web", "1.5.0-unhealthy", healthCheckGracePeriodSeconds=300)

    ecs.advance(200)
    assert primary_deployment(client, "web")["failedTasks"] == 0
    ecs.advance(200)
    assert newest_service_deployment(client, "web")["status"] == "ROLLBACK_IN_PROGRESS"


def test_a_tag_that_is_not_in_the_registry_cannot_be_pulled(ecs: EcsSandbox, client: Any) -> None:
    new = deploy_tag(client, "web", "9.9.9")
    service_deployment = advance_until_steady(ecs, client, "web")

    assert service_deployment["status"] == "ROLLBACK_SUCCESSFUL"
    for task in failed(client, "web", new["id"]):
        assert task["stopCode"] == "TaskFailedToStart"
        assert task["stoppedReason"].startswith("CannotPullContainerError: ")
        assert "/web:9.9.9: not found" in task["stoppedReason"]
        assert task["containers"][0]["reason"] == task["stoppedReason"]
        assert "exitCode" not in task["containers"][0]
        assert "startedAt" not in task


def test_an_image_without_room_is_tried_again_and_again(ecs: EcsSandbox, client: Any) -> None:
    deploy_tag(client, "web", "1.5.0-noroom")

    def refusals() -> list[str]:
        return [text for text in event_messages(client, "web") if "was unable to place a task" in text]

    ecs.advance(100)
    assert newest_service_deployment(client, "web")["status"] == "IN_PROGRESS"
    assert (
        primary_deployment(client, "web")["runningCount"]
        == primary_deployment(client, "web")["pendingCount"]
        == 0
    )
    assert describe_service(client, "web")["runningCount"] == 3
    assert len(refusals()) == 1, "the same trouble is told once"

    ecs.advance(6 * 3600)
    assert len(refusals()) == 2, "and again after six hours"


@pytest.mark.parametrize(("tag", "state"), [("1.4.2", "COMPLETED"), ("1.5.0-crash", "FAILED")])
def test_a_task_without_any_health_check_is_counted_on_after_forty_seconds(
    ecs: EcsSandbox, client: Any, tag: str, state: str
) -> None:
    definition = client.describe_task_definition(taskDefinition="ledger")["taskDefinition"]
    kept = ("executionRoleArn", "networkMode", "requiresCompatibilities", "cpu", "memory")
    image = definition["containerDefinitions"][0]["image"].replace("1.4.0", tag)
    client.register_task_definition(
        family="unwatched",
        containerDefinitions=[{"name": "unwatched", "image": image}],
        **{key: definition[key] for key in kept},
    )
    client.create_service(
        cluster=CLUSTER,
        serviceName="unwatched",
        taskDefinition="unwatched",
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration=describe_service(client, "ledger")["networkConfiguration"],
        deploymentConfiguration=NO_ROLLBACK,
    )
    advance_until(ecs, lambda: primary_deployment(client, "unwatched")["runningCount"] == 1)
    began = ecs.now()

    advance_until(ecs, lambda: primary_deployment(client, "unwatched")["rolloutState"] != "IN_PROGRESS")

    assert primary_deployment(client, "unwatched")["rolloutState"] == state
    assert ecs.now() - began > 38
