"""`site` (blue/green) and `shop` (canary): two revisions run until all traffic is shifted."""

from __future__ import annotations

from collections.abc import Callable
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
    service_tasks,
)

Json = dict[str, Any]


def follow(
    ecs: EcsSandbox, client: Any, name: str, note: Callable[[Json], object], step: float = 1.0
) -> list[object]:
    """The values of `note` for the service deployment, change by change, until it ends."""
    seen: list[object] = []
    ecs.advance(1.5)

    def ended() -> bool:
        service_deployment = newest_service_deployment(client, name)
        values = note(service_deployment)
        if seen[-1:] != [values]:
            seen.append(values)
        return "finishedAt" in service_deployment

    advance_until(ecs, ended, within=900, step=step)
    return seen


def weights(service_deployment: Json) -> tuple[float, float]:
    """The production traffic of source and target."""
    (source,) = service_deployment["sourceServiceRevisions"]
    target = service_deployment["targetServiceRevision"]
    weight = "requestedProductionTrafficWeight"
    return source[weight], target[weight]


def until_stage(ecs: EcsSandbox, client: Any, name: str, stage: str) -> Json:
    ecs.advance(1.5)
    advance_until(ecs, lambda: newest_service_deployment(client, name).get("lifecycleStage") == stage, step=1)
    return newest_service_deployment(client, name)


def without_hooks(client: Any) -> None:
    client.update_service(cluster=CLUSTER, service="shop", deploymentConfiguration={"lifecycleHooks": []})


def images(client: Any, name: str) -> list[str]:
    return sorted(task["containers"][0]["image"].rpartition(":")[2] for task in service_tasks(client, name))


def test_blue_green_from_stage_to_stage(ecs: EcsSandbox, client: Any) -> None:
    new = deploy_tag(client, "site", "1.4.2")

    seen = follow(ecs, client, "site", lambda s: (s["status"], s["lifecycleStage"], weights(s)[1]))

    assert seen == [
        ("IN_PROGRESS", "PRE_SCALE_UP", 0.0),
        ("IN_PROGRESS", "SCALE_UP", 0.0),
        ("IN_PROGRESS", "POST_SCALE_UP", 0.0),
        ("IN_PROGRESS", "TEST_TRAFFIC_SHIFT", 0.0),
        ("IN_PROGRESS", "POST_TEST_TRAFFIC_SHIFT", 0.0),
        ("IN_PROGRESS", "PRODUCTION_TRAFFIC_SHIFT", 100.0),
        ("IN_PROGRESS", "POST_PRODUCTION_TRAFFIC_SHIFT", 100.0),
        ("IN_PROGRESS", "BAKE_TIME", 100.0),
        ("IN_PROGRESS", "CLEAN_UP", 100.0),
        ("SUCCESSFUL", "CLEAN_UP", 100.0),
    ]
    (only,) = describe_service(client, "site")["deployments"]
    assert (only["id"], only["rolloutState"]) == (new["id"], "COMPLETED")
    assert images(client, "site") == ["1.4.2"] * 2


def test_blue_and_green_both_run_for_the_bake_time(ecs: EcsSandbox, client: Any) -> None:
    deploy_tag(client, "site", "1.4.2")
    began = until_stage(ecs, client, "site", "BAKE_TIME")
    start = ecs.now()

    assert images(client, "site") == ["1.4.0"] * 2 + ["1.4.2"] * 2
    (blue,) = began["sourceServiceRevisions"]
    green = began["targetServiceRevision"]
    assert (blue["requestedTaskCount"], blue["runningTaskCount"]) == (2, 2)
    assert (green["requestedTaskCount"], green["runningTaskCount"]) == (2, 2)
    assert primary_deployment(client, "site")["rolloutState"] == "IN_PROGRESS"

    advance_until(ecs, lambda: newest_service_deployment(client, "site")["lifecycleStage"] == "CLEAN_UP")
    assert ecs.now() - start == pytest.approx(120, abs=1)
    assert images(client, "site") == ["1.4.2"] * 2


def test_test_traffic_shifts_first(ecs: EcsSandbox, client: Any) -> None:
    deploy_tag(client, "site", "1.4.2")
    service_deployment = until_stage(ecs, client, "site", "TEST_TRAFFIC_SHIFT")

    (source,), target = (
        service_deployment["sourceServiceRevisions"],
        service_deployment["targetServiceRevision"],
    )
    assert (source["requestedTestTrafficWeight"], target["requestedTestTrafficWeight"]) == (0.0, 100.0)
    assert weights(service_deployment) == (100.0, 0.0)


def test_a_canary_gets_a_little_traffic_first(ecs: EcsSandbox, client: Any) -> None:
    without_hooks(client)
    deploy_tag(client, "shop", "1.4.2")
    service_deployment = until_stage(ecs, client, "shop", "PRODUCTION_TRAFFIC_SHIFT")
    start = ecs.now()
    assert weights(service_deployment) == (90.0, 10.0)

    advance_until(ecs, lambda: weights(newest_service_deployment(client, "shop")) == (0.0, 100.0))
    assert ecs.now() - start == pytest.approx(125, abs=1)
    assert advance_until_steady(ecs, client, "shop", step=5)["status"] == "SUCCESSFUL"


def test_linear_traffic_shifts_step_by_step(ecs: EcsSandbox, client: Any) -> None:
    linear = {
        "strategy": "LINEAR",
        "linearConfiguration": {"stepPercent": 30.0, "stepBakeTimeInMinutes": 1},
        "bakeTimeInMinutes": 0,
    }
    deploy_tag(client, "site", "1.4.2", deploymentConfiguration=linear)

    seen = follow(ecs, client, "site", lambda service_deployment: weights(service_deployment)[1], step=10)

    assert seen == [0.0, 30.0, 60.0, 90.0, 100.0]


@pytest.mark.parametrize("tag", ["1.5.0-crash", "1.5.0-unhealthy", "9.9.9"])
def test_a_failing_green_is_rolled_back_and_blue_is_never_touched(
    ecs: EcsSandbox, client: Any, tag: str
) -> None:
    before, blue = (
        primary_deployment(client, "site"),
        {task["taskArn"] for task in service_tasks(client, "site")},
    )
    new = deploy_tag(client, "site", tag)

    service_deployment = advance_until_steady(ecs, client, "site", step=5)

    assert service_deployment["status"] == "ROLLBACK_SUCCESSFUL"
    assert service_deployment["deploymentCircuitBreaker"]["status"] == "TRIGGERED"
    assert weights(service_deployment) == (100.0, 0.0)
    assert {task["taskArn"] for task in service_tasks(client, "site")} == blue
    rollback = primary_deployment(client, "site")
    assert rollback["id"] not in (before["id"], new["id"])
    assert (rollback["taskDefinition"], rollback["runningCount"]) == (before["taskDefinition"], 2)
    assert describe_service(client, "site")["taskDefinition"] == before["taskDefinition"]


def test_a_green_without_room_keeps_trying(ecs: EcsSandbox, client: Any) -> None:
    deploy_tag(client, "site", "1.5.0-noroom")
    ecs.advance(120)

    assert newest_service_deployment(client, "site")["lifecycleStage"] == "SCALE_UP"
    assert images(client, "site") == ["1.4.0"] * 2
    assert any("was unable to place a task" in message for message in event_messages(client, "site"))


def test_stopped_in_the_bake_time_traffic_goes_back_before_green_stops(ecs: EcsSandbox, client: Any) -> None:
    blue = {task["taskArn"] for task in service_tasks(client, "site")}
    deploy_tag(client, "site", "1.4.2")
    service_deployment = until_stage(ecs, client, "site", "BAKE_TIME")

    client.stop_service_deployment(
        serviceDeploymentArn=service_deployment["serviceDeploymentArn"], stopType="ROLLBACK"
    )
    ecs.advance(1)

    service_deployment = newest_service_deployment(client, "site")
    assert (service_deployment["status"], service_deployment["lifecycleStage"]) == (
        "ROLLBACK_IN_PROGRESS",
        "PRODUCTION_TRAFFIC_SHIFT",
    )
    assert weights(service_deployment) == (100.0, 0.0)
    assert len(service_tasks(client, "site")) == 4

    service_deployment = advance_until_steady(ecs, client, "site", step=5)
    assert (service_deployment["status"], service_deployment["lifecycleStage"]) == (
        "ROLLBACK_SUCCESSFUL",
        "CLEAN_UP",
    )
    assert service_deployment["statusReason"] == "Service deployment rolled back by user."
    assert {task["taskArn"] for task in service_tasks(client, "site")} == blue


def test_a_rollback_while_blue_is_stopping_starts_blue_again(ecs: EcsSandbox, client: Any) -> None:
    deploy_tag(client, "site", "1.4.2")
    service_deployment = until_stage(ecs, client, "site", "CLEAN_UP")

    client.stop_service_deployment(
        serviceDeploymentArn=service_deployment["serviceDeploymentArn"], stopType="ROLLBACK"
    )

    assert advance_until_steady(ecs, client, "site", step=5)["status"] == "ROLLBACK_SUCCESSFUL"
    assert images(client, "site") == ["1.4.0"] * 2


def test_aborted_halfway_both_revisions_stay(ecs: EcsSandbox, client: Any) -> None:
    deploy_tag(client, "site", "1.4.2")
    service_deployment = until_stage(ecs, client, "site", "BAKE_TIME")

    client.stop_service_deployment(
        serviceDeploymentArn=service_deployment["serviceDeploymentArn"], stopType="ABORT"
    )
    ecs.advance(600)

    assert newest_service_deployment(client, "site")["status"] == "STOPPED"
    assert images(client, "site") == ["1.4.0"] * 2 + ["1.4.2"] * 2


def test_a_newer_deployment_reconciles_first(ecs: EcsSandbox, client: Any) -> None:
    deploy_tag(client, "site", "1.4.1")
    older = until_stage(ecs, client, "site", "BAKE_TIME")
    deploy_tag(client, "site", "1.4.2")
    ecs.advance(1.5)

    service_deployment = newest_service_deployment(client, "site")
    assert service_deployment["lifecycleStage"] == "RECONCILE_SERVICE"
    assert len(service_deployment["sourceServiceRevisions"]) == 2
    assert [s["requestedProductionTrafficWeight"] for s in service_deployment["sourceServiceRevisions"]] == [
        100.0,
        0.0,
    ]
    assert images(client, "site") == ["1.4.0"] * 2, "what was half deployed is stopped"
    (found,) = client.describe_service_deployments(serviceDeploymentArns=[older["serviceDeploymentArn"]])[
        "serviceDeployments"
    ]
    assert found["status"] == "STOPPED"

    assert advance_until_steady(ecs, client, "site", step=5)["status"] == "SUCCESSFUL"
    assert images(client, "site") == ["1.4.2"] * 2


def test_a_lost_task_of_either_revision_is_replaced(ecs: EcsSandbox, client: Any) -> None:
    deploy_tag(client, "site", "1.4.2")
    until_stage(ecs, client, "site", "BAKE_TIME")
    for tag in ("1.4.0", "1.4.2"):
        victim = next(t for t in service_tasks(client, "site") if t["containers"][0]["image"].endswith(tag))
        client.stop_task(cluster=CLUSTER, task=victim["taskArn"])

    ecs.advance(30)

    assert images(client, "site") == ["1.4.0"] * 2 + ["1.4.2"] * 2


def test_another_count_holds_for_both_revisions(ecs: EcsSandbox, client: Any) -> None:
    deploy_tag(client, "site", "1.4.2")
    until_stage(ecs, client, "site", "BAKE_TIME")

    client.update_service(cluster=CLUSTER, service="site", desiredCount=3)
    ecs.advance(20)
    assert images(client, "site") == ["1.4.0"] * 3 + ["1.4.2"] * 3
    client.update_service(cluster=CLUSTER, service="site", desiredCount=1)
    ecs.advance(2)
    assert images(client, "site") == ["1.4.0", "1.4.2"]

    assert advance_until_steady(ecs, client, "site", step=5)["status"] == "SUCCESSFUL"


def test_a_second_deployment_shifts_traffic_again(ecs: EcsSandbox, client: Any) -> None:
    for tag in ("1.5.0-crash", "1.4.1", "1.4.2"):
        deploy_tag(client, "site", tag)
        advance_until_steady(ecs, client, "site", step=5)

    assert images(client, "site") == ["1.4.2"] * 2
    stories = client.list_service_deployments(cluster=CLUSTER, service="site")["serviceDeployments"]
    assert [s["status"] for s in stories[:3]] == ["SUCCESSFUL", "SUCCESSFUL", "ROLLBACK_SUCCESSFUL"]
