"""Images that crash, never get healthy, cannot be pulled or find no place."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.ecs import EcsSandbox
from sandbox.ecs.circuit_breaker import failure_threshold
from tests.sandbox.ecs.ecs_actions import (
    CLUSTER,
    advance_until,
    advance_until_steady,
    deploy_tag,
    describe_service,
    event_messages,
    newest_service_deployment,
    primary_deployment,
    service_tasks,
)

NO_BREAKER = {"deploymentCircuitBreaker": {"enable": False, "rollback": False}}
NO_ROLLBACK = {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}


def failed(client: Any, name: str, deployment: str) -> list[dict[str, Any]]:
    return [task for task in service_tasks(client, name, "STOPPED") if task["startedBy"] == deployment]


@pytest.mark.parametrize("name", ["web", "api", "ledger", "billing"])
def test_a_crashing_image_is_rolled_back(ecs: EcsSandbox, client: Any, name: str) -> None:
    before = primary_deployment(client, name)
    new = deploy_tag(client, name, "1.5.0-crash")
    advance_until(ecs, lambda: newest_service_deployment(client, name)["status"] == "ROLLBACK_IN_PROGRESS")

    back, *others = describe_service(client, name)["deployments"]
    reason = f"ECS deployment circuit breaker: rolling back to deploymentId {before['id']}."
    assert back["rolloutStateReason"] == reason
    assert back["id"] not in (before["id"], new["id"])
    assert back["taskDefinition"] == before["taskDefinition"]
    beside = {d["id"]: (d["status"], d["rolloutState"]) for d in others}
    assert beside[new["id"]] == ("ACTIVE", "FAILED")
    assert describe_service(client, name)["taskDefinition"] == before["taskDefinition"]

    story = advance_until_steady(ecs, client, name)
    assert story["status"] == "ROLLBACK_SUCCESSFUL"
    assert story["deploymentCircuitBreaker"] == {"status": "TRIGGERED", "failureCount": 3, "threshold": 3}
    assert story["rollback"]["serviceRevisionArn"].endswith(before["id"].rpartition("/")[2])
    assert story["targetServiceRevision"]["arn"].endswith(new["id"].rpartition("/")[2])
    assert story["statusReason"] == story["rollback"]["reason"]
    assert {d["id"] for d in describe_service(client, name)["deployments"]} == {back["id"]}
    told = event_messages(client, name)
    assert f"(service {name}) (deployment {new['id']}) deployment failed: tasks failed to start." in told
    assert f"(service {name}) rolling back to deployment {before['id']}." in told


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
    story = advance_until_steady(ecs, client, "web")
    group = describe_service(client, "web")["loadBalancers"][0]["targetGroupArn"]

    assert story["status"] == "ROLLBACK_SUCCESSFUL"
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
    told = event_messages(client, "billing")
    assert f"(service billing) (task {task_id}) failed container health checks." in told


def test_a_grace_period_hides_failing_health_checks_for_a_while(ecs: EcsSandbox, client: Any) -> None:
    deploy_tag(client, "web", "1.5.0-unhealthy", healthCheckGracePeriodSeconds=300)

    ecs.advance(200)
    assert primary_deployment(client, "web")["failedTasks"] == 0
    ecs.advance(200)
    assert newest_service_deployment(client, "web")["status"] == "ROLLBACK_IN_PROGRESS"


def test_a_tag_that_is_not_in_the_registry_cannot_be_pulled(ecs: EcsSandbox, client: Any) -> None:
    new = deploy_tag(client, "web", "9.9.9")
    story = advance_until_steady(ecs, client, "web")

    assert story["status"] == "ROLLBACK_SUCCESSFUL"
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


def test_without_rollback_the_failed_deployment_stays(ecs: EcsSandbox, client: Any) -> None:
    new = deploy_tag(client, "web", "1.5.0-crash", deploymentConfiguration=NO_ROLLBACK)
    ecs.advance(200)

    story = newest_service_deployment(client, "web")
    assert story["status"] == "STOPPED"
    assert story["stoppedAt"] == story["finishedAt"]
    assert story["deploymentCircuitBreaker"]["status"] == "TRIGGERED"
    failed_one = primary_deployment(client, "web")
    assert failed_one["id"] == new["id"]
    assert failed_one["rolloutState"] == "FAILED"
    reason = "ECS deployment circuit breaker: tasks failed to start."
    assert failed_one["rolloutStateReason"] == reason
    assert describe_service(client, "web")["runningCount"] == 3, "the old tasks go on serving"
    attempts = len(failed(client, "web", new["id"]))
    ecs.advance(600)
    assert len(failed(client, "web", new["id"])) == attempts, "and no new ones are started"


def test_without_a_breaker_it_goes_on_failing_more_and_more_slowly(ecs: EcsSandbox, client: Any) -> None:
    new = deploy_tag(client, "web", "1.5.0-crash", deploymentConfiguration=NO_BREAKER)
    counts = []
    for _ in range(8):
        ecs.advance(100)
        counts.append(primary_deployment(client, "web")["failedTasks"])

    assert primary_deployment(client, "web")["id"] == new["id"]
    assert primary_deployment(client, "web")["rolloutState"] == "IN_PROGRESS"
    assert newest_service_deployment(client, "web")["deploymentCircuitBreaker"]["status"] == "DISABLED"
    assert counts[0] > counts[-1] - counts[-2], counts
    assert counts[-1] > counts[0], counts
    text = "(service web) is unable to consistently start tasks successfully."
    assert sum(message.startswith(text) for message in event_messages(client, "web")) == 1


def test_nobody_minds_a_service_that_has_been_failing_for_days(ecs: EcsSandbox, client: Any) -> None:
    deploy_tag(client, "ledger", "9.9.9", deploymentConfiguration=NO_BREAKER)

    ecs.advance(4 * 86_400)

    assert primary_deployment(client, "ledger")["failedTasks"] > 1030


def test_when_the_old_image_is_gone_too_the_rollback_fails(ecs: EcsSandbox, client: Any) -> None:
    ecs.client("ecr").batch_delete_image(repositoryName="ledger", imageIds=[{"imageTag": "1.4.0"}])
    deploy_tag(client, "ledger", "1.5.0-crash")

    advance_until(ecs, lambda: newest_service_deployment(client, "ledger")["status"] == "ROLLBACK_FAILED")

    assert primary_deployment(client, "ledger")["rolloutState"] == "FAILED"
    assert describe_service(client, "ledger")["runningCount"] == 0


def test_a_first_deployment_that_fails_has_nothing_to_go_back_to(ecs: EcsSandbox, client: Any) -> None:
    existing = describe_service(client, "ledger")
    ecs.client("ecr").batch_delete_image(repositoryName="ledger", imageIds=[{"imageTag": "1.4.0"}])
    client.create_service(
        cluster=CLUSTER,
        serviceName="ledger-2",
        taskDefinition="ledger",
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration=existing["networkConfiguration"],
        deploymentConfiguration=existing["deploymentConfiguration"],
    )

    advance_until(ecs, lambda: primary_deployment(client, "ledger-2")["rolloutState"] == "FAILED")

    story = newest_service_deployment(client, "ledger-2")
    assert story["status"] == "ROLLBACK_FAILED"
    assert story["statusReason"] == "No rollback candidate was found to run the rollback."


@pytest.mark.parametrize(
    ("configured", "desired", "expected"),
    [
        (None, 0, 3),
        (None, 1, 3),
        (None, 6, 3),
        (None, 7, 4),
        (None, 25, 13),
        (None, 400, 200),
        (None, 1000, 200),
        (("COUNT", 1), 50, 1),
        (("COUNT", 12), 2, 12),
        (("BOUNDED_PERCENT", 10), 100, 10),
        (("BOUNDED_PERCENT", 10), 10, 3),
        (("UNBOUNDED_PERCENT", 10), 10, 1),
        (("UNBOUNDED_PERCENT", 100), 500, 500),
    ],
)
def test_the_breakers_threshold(configured: tuple[str, int] | None, desired: int, expected: int) -> None:
    breaker: dict[str, Any] = {"enable": True, "rollback": True}
    if configured is not None:
        breaker["thresholdConfiguration"] = dict(zip(("type", "value"), configured, strict=True))

    assert failure_threshold(breaker, desired) == expected


def test_the_breaker_is_watching_while_failures_mount(ecs: EcsSandbox, client: Any) -> None:
    deploy_tag(client, "ledger", "1.5.0-crash")
    seen = set()
    for _ in range(160):
        ecs.advance(0.5)
        breaker = newest_service_deployment(client, "ledger")["deploymentCircuitBreaker"]
        seen.add((breaker["status"], breaker["failureCount"]))

    watched = {("MONITORING", 0), ("MONITORING", 1), ("MONITORING", 2), ("TRIGGERED", 3)}
    assert watched <= seen


@pytest.mark.parametrize(("reset", "count"), [(True, 0), (False, 2)])
def test_a_task_that_gets_healthy_sets_the_count_back_unless_told_not_to(
    ecs: EcsSandbox, client: Any, reset: bool, count: int
) -> None:
    ecr, wanted = ecs.client("ecr"), [{"imageTag": "1.4.2"}]
    (image,) = ecr.batch_get_image(repositoryName="billing", imageIds=wanted)["images"]
    ecr.batch_delete_image(repositoryName="billing", imageIds=wanted)
    breaker = {"enable": True, "rollback": True, "resetOnHealthyTask": reset}
    deploy_tag(client, "billing", "1.4.2", deploymentConfiguration={"deploymentCircuitBreaker": breaker})
    advance_until(
        ecs,
        lambda: newest_service_deployment(client, "billing")["deploymentCircuitBreaker"]["failureCount"] == 2,
    )

    ecr.put_image(repositoryName="billing", imageManifest=image["imageManifest"], imageTag="1.4.2")
    story = advance_until_steady(ecs, client, "billing")

    assert story["status"] == "SUCCESSFUL"
    assert story["deploymentCircuitBreaker"]["failureCount"] == count


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
