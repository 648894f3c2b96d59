"""Lifecycle hooks: `shop` pauses after the test traffic was shifted."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.ecs import EcsSandbox
from tests.sandbox.ecs.ecs_actions import (
    CLUSTER,
    advance_until,
    advance_until_steady,
    deploy_tag,
    newest_service_deployment,
    primary_deployment,
    service_tasks,
)

Json = dict[str, Any]


def paused(ecs: EcsSandbox, client: Any, name: str = "shop") -> tuple[Json, Json]:
    """The service deployment and its waiting hook, once there is one."""
    ecs.advance(1.5)

    def waiting() -> list[Json]:
        details = newest_service_deployment(client, name)["lifecycleHookDetails"]
        return [hook for hook in details if hook["status"] == "AWAITING_ACTION"]

    advance_until(ecs, waiting, step=2)
    return newest_service_deployment(client, name), waiting()[0]


def answer(client: Any, service_deployment: Json, hook: Json, action: str | None = None) -> Json:
    given = {} if action is None else {"action": action}
    answered: Json = client.continue_service_deployment(
        serviceDeploymentArn=service_deployment["serviceDeploymentArn"], hookId=hook["hookId"], **given
    )
    return answered


def hooked(client: Any, *hooks: Json) -> None:
    configuration = {"lifecycleHooks": list(hooks)}
    client.update_service(cluster=CLUSTER, service="shop", deploymentConfiguration=configuration)


def test_a_deployment_waits_at_its_pause(ecs: EcsSandbox, client: Any) -> None:
    deploy_tag(client, "shop", "1.4.2")
    service_deployment, hook = paused(ecs, client)

    assert service_deployment["lifecycleStage"] == "POST_TEST_TRAFFIC_SHIFT"
    assert (hook["targetType"], hook["timeoutAction"]) == ("PAUSE", "ROLLBACK")
    assert hook["expiresAt"].timestamp() - ecs.now() == pytest.approx(1800, abs=2)
    assert "targetArn" not in hook

    ecs.advance(1700)
    service_deployment = newest_service_deployment(client, "shop")
    assert (service_deployment["status"], service_deployment["lifecycleStage"]) == (
        "IN_PROGRESS",
        "POST_TEST_TRAFFIC_SHIFT",
    )
    assert len(service_tasks(client, "shop")) == 6


@pytest.mark.parametrize("action", ["CONTINUE", None])
def test_continued_it_goes_on_to_the_canary(ecs: EcsSandbox, client: Any, action: str | None) -> None:
    deploy_tag(client, "shop", "1.4.2")
    service_deployment, hook = paused(ecs, client)

    answered = answer(client, service_deployment, hook, action)
    ecs.advance(2)

    assert answered == {
        "serviceDeploymentArn": service_deployment["serviceDeploymentArn"],
        "ResponseMetadata": answered["ResponseMetadata"],
    }
    service_deployment = newest_service_deployment(client, "shop")
    assert service_deployment["lifecycleStage"] == "PRODUCTION_TRAFFIC_SHIFT"
    assert service_deployment["lifecycleHookDetails"][0]["status"] == "SUCCEEDED"
    assert advance_until_steady(ecs, client, "shop", step=5)["status"] == "SUCCESSFUL"
    with pytest.raises(client.exceptions.ClientException, match="awaits an action"):
        answer(client, service_deployment, hook, "ROLLBACK")


def test_rolled_back_at_the_pause(ecs: EcsSandbox, client: Any) -> None:
    before, blue = (
        primary_deployment(client, "shop"),
        {task["taskArn"] for task in service_tasks(client, "shop")},
    )
    deploy_tag(client, "shop", "1.4.2")
    service_deployment, hook = paused(ecs, client)

    answer(client, service_deployment, hook, "ROLLBACK")
    assert newest_service_deployment(client, "shop")["status"] == "ROLLBACK_REQUESTED"

    service_deployment = advance_until_steady(ecs, client, "shop", step=5)
    assert service_deployment["status"] == "ROLLBACK_SUCCESSFUL"
    assert "lifecycle hook" in service_deployment["statusReason"]
    assert primary_deployment(client, "shop")["taskDefinition"] == before["taskDefinition"]
    assert {task["taskArn"] for task in service_tasks(client, "shop")} == blue


@pytest.mark.parametrize(
    ("action", "outcome"), [("ROLLBACK", "ROLLBACK_SUCCESSFUL"), ("CONTINUE", "SUCCESSFUL")]
)
def test_nobody_answers_in_time(ecs: EcsSandbox, client: Any, action: str, outcome: str) -> None:
    hooked(
        client,
        {
            "targetType": "PAUSE",
            "lifecycleStages": ["PRE_SCALE_UP"],
            "timeoutConfiguration": {"timeoutInMinutes": 2, "action": action},
        },
    )
    deploy_tag(client, "shop", "1.4.2")
    service_deployment, hook = paused(ecs, client)
    assert service_deployment["lifecycleStage"] == "PRE_SCALE_UP"
    assert service_deployment["targetServiceRevision"]["pendingTaskCount"] == 0

    ecs.advance(118)
    assert newest_service_deployment(client, "shop")["lifecycleHookDetails"][0]["status"] == "AWAITING_ACTION"
    ecs.advance(4)

    service_deployment = newest_service_deployment(client, "shop")
    assert service_deployment["lifecycleHookDetails"][0]["status"] == "TIMED_OUT"
    with pytest.raises(client.exceptions.ClientException, match="awaits an action"):
        answer(client, service_deployment, hook)
    assert advance_until_steady(ecs, client, "shop", step=5)["status"] == outcome


def test_stopped_while_it_waits(ecs: EcsSandbox, client: Any) -> None:
    deploy_tag(client, "shop", "1.4.2")
    service_deployment, hook = paused(ecs, client)

    client.stop_service_deployment(
        serviceDeploymentArn=service_deployment["serviceDeploymentArn"], stopType="ROLLBACK"
    )
    with pytest.raises(client.exceptions.ClientException, match="awaits an action"):
        answer(client, service_deployment, hook)

    service_deployment = advance_until_steady(ecs, client, "shop", step=5)
    assert service_deployment["status"] == "ROLLBACK_SUCCESSFUL"
    assert service_deployment["lifecycleHookDetails"][0]["status"] == "FAILED"


def test_a_hook_before_the_shift_runs_before_every_shift(ecs: EcsSandbox, client: Any) -> None:
    hooked(client, {"targetType": "PAUSE", "lifecycleStages": ["PRE_PRODUCTION_TRAFFIC_SHIFT"]})
    deploy_tag(client, "shop", "1.4.2")

    weights = []
    for _ in range(2):
        service_deployment, hook = paused(ecs, client)
        weights.append(service_deployment["targetServiceRevision"]["requestedProductionTrafficWeight"])
        assert hook["expiresAt"].timestamp() - ecs.now() == pytest.approx(86_400, abs=2)
        answer(client, service_deployment, hook)

    assert weights == [0.0, 10.0]
    service_deployment = advance_until_steady(ecs, client, "shop", step=5)
    assert service_deployment["status"] == "SUCCESSFUL"
    assert len({hook["hookId"] for hook in service_deployment["lifecycleHookDetails"]}) == 2


@pytest.mark.parametrize(
    ("function", "status", "outcome"),
    [
        ("check", "SUCCEEDED", "SUCCESSFUL"),
        ("check-fail", "FAILED", "ROLLBACK_SUCCESSFUL"),
    ],
)
def test_lambda_functions_decide_by_their_name(
    ecs: EcsSandbox, client: Any, function: str, status: str, outcome: str
) -> None:
    arn = f"arn:aws:lambda:eu-west-1:123456789012:function:{function}"
    hooked(client, {"hookTargetArn": arn, "lifecycleStages": ["POST_SCALE_UP"]})
    deploy_tag(client, "shop", "1.4.2")
    ecs.advance(1.5)
    advance_until(ecs, lambda: newest_service_deployment(client, "shop")["lifecycleHookDetails"])

    (hook,) = newest_service_deployment(client, "shop")["lifecycleHookDetails"]
    assert (hook["targetType"], hook["targetArn"], hook["status"]) == ("AWS_LAMBDA", arn, "IN_PROGRESS")
    service_deployment = advance_until_steady(ecs, client, "shop", step=5)
    assert (service_deployment["lifecycleHookDetails"][0]["status"], service_deployment["status"]) == (
        status,
        outcome,
    )


def test_a_pause_can_only_be_answered_by_its_id_and_a_known_action(ecs: EcsSandbox, client: Any) -> None:
    deploy_tag(client, "shop", "1.4.2")
    service_deployment, hook = paused(ecs, client)

    with pytest.raises(client.exceptions.ClientException, match="No lifecycle hook other"):
        answer(client, service_deployment, {"hookId": "other"})
    with pytest.raises(client.exceptions.InvalidParameterException, match="CONTINUE or ROLLBACK"):
        answer(client, service_deployment, hook, "WAIT")
