"""The circuit breaker: when failing tasks stop a deployment or roll it back."""

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

    rollback, *others = describe_service(client, name)["deployments"]
    reason = f"ECS deployment circuit breaker: rolling back to deploymentId {before['id']}."
    assert rollback["rolloutStateReason"] == reason
    assert rollback["id"] not in (before["id"], new["id"])
    assert rollback["taskDefinition"] == before["taskDefinition"]
    beside = {d["id"]: (d["status"], d["rolloutState"]) for d in others}
    assert beside[new["id"]] == ("ACTIVE", "FAILED")
    assert describe_service(client, name)["taskDefinition"] == before["taskDefinition"]

    service_deployment = advance_until_steady(ecs, client, name)
    assert service_deployment["status"] == "ROLLBACK_SUCCESSFUL"
    assert service_deployment["deploymentCircuitBreaker"] == {
        "status": "TRIGGERED",
        "failureCount": 3,
        "threshold": 3,
    }
    assert service_deployment["rollback"]["serviceRevisionArn"].endswith(before["id"].rpartition("/")[2])
    assert service_deployment["targetServiceRevision"]["arn"].endswith(new["id"].rpartition("/")[2])
    assert service_deployment["statusReason"] == service_deployment["rollback"]["reason"]
    assert {d["id"] for d in describe_service(client, name)["deployments"]} == {rollback["id"]}
    messages = event_messages(client, name)
    assert f"(service {name}) (deployment {new['id']}) deployment failed: tasks failed to start." in messages
    assert f"(service {name}) rolling back to deployment {before['id']}." in messages


def test_without_rollback_the_failed_deployment_stays(ecs: EcsSandbox, client: Any) -> None:
    new = deploy_tag(client, "web", "1.5.0-crash", deploymentConfiguration=NO_ROLLBACK)
    ecs.advance(200)

    service_deployment = newest_service_deployment(client, "web")
    assert service_deployment["status"] == "STOPPED"
    assert service_deployment["stoppedAt"] == service_deployment["finishedAt"]
    assert service_deployment["deploymentCircuitBreaker"]["status"] == "TRIGGERED"
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


def test_a_service_that_has_failed_for_days_is_not_rolled_back(ecs: EcsSandbox, client: Any) -> None:
    deploy_tag(client, "ledger", "9.9.9", deploymentConfiguration=NO_BREAKER)

    ecs.advance(4 * 86_400)

    assert primary_deployment(client, "ledger")["failedTasks"] > 1030


def test_the_rollback_fails_if_the_old_image_was_deleted_too(ecs: EcsSandbox, client: Any) -> None:
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

    service_deployment = newest_service_deployment(client, "ledger-2")
    assert service_deployment["status"] == "ROLLBACK_FAILED"
    assert service_deployment["statusReason"] == "No rollback candidate was found to run the rollback."


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
    statuses = set()
    for _ in range(160):
        ecs.advance(0.5)
        breaker = newest_service_deployment(client, "ledger")["deploymentCircuitBreaker"]
        statuses.add((breaker["status"], breaker["failureCount"]))

    watched = {("MONITORING", 0), ("MONITORING", 1), ("MONITORING", 2), ("TRIGGERED", 3)}
    assert watched <= statuses


@pytest.mark.parametrize(("reset", "count"), [(True, 0), (False, 2)])
def test_a_healthy_task_resets_the_failure_count_unless_that_is_off(
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
    service_deployment = advance_until_steady(ecs, client, "billing")

    assert service_deployment["status"] == "SUCCESSFUL"
    assert service_deployment["deploymentCircuitBreaker"]["failureCount"] == count
