"""What UpdateService accepts and refuses as deploymentConfiguration."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.ecs.ecs_actions import CLUSTER, describe_service

PAUSE = {"targetType": "PAUSE", "lifecycleStages": ["PRE_SCALE_UP"]}


def configure(client: Any, name: str, **configuration: Any) -> dict[str, Any]:
    client.update_service(cluster=CLUSTER, service=name, deploymentConfiguration=configuration)
    changed: dict[str, Any] = describe_service(client, name)["deploymentConfiguration"]
    return changed


@pytest.mark.parametrize(
    ("configuration", "complaint"),
    [
        ({"strategy": "BIG_BANG"}, "Unknown strategy BIG_BANG. Use: ROLLING"),
        ({"strategy": "BLUE_GREEN", "canaryConfiguration": {"canaryPercent": 5.0}}, "only valid with the"),
        ({"canaryConfiguration": {"canaryPercent": 0.0}}, "canaryPercent must be"),
        ({"canaryConfiguration": {"canaryPercent": 5.55}}, "multiple of 0.1"),
        ({"canaryConfiguration": {"canaryBakeTimeInMinutes": 1441}}, "between 0 and 1440"),
        ({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 2.0}}, "from 3.0 to 100.0"),
        ({"bakeTimeInMinutes": -1}, "bakeTimeInMinutes must be"),
        ({"strategy": "ROLLING", "lifecycleHooks": [PAUSE]}, "not supported with the ROLLING"),
        ({"lifecycleHooks": [{**PAUSE, "targetType": "SLEEP"}]}, "Use AWS_LAMBDA or PAUSE"),
        ({"lifecycleHooks": [{**PAUSE, "targetType": "AWS_LAMBDA"}]}, "hookTargetArn must be given"),
        ({"lifecycleHooks": [{**PAUSE, "hookTargetArn": "arn:x"}]}, "not applicable for a PAUSE"),
        ({"lifecycleHooks": [{**PAUSE, "lifecycleStages": ["SCALE_UP"]}]}, "Unknown stage SCALE_UP"),
        ({"lifecycleHooks": [{**PAUSE, "lifecycleStages": []}]}, "cannot be empty"),
        (
            {"lifecycleHooks": [{**PAUSE, "timeoutConfiguration": {"timeoutInMinutes": 30_000}}]},
            "between 1 and 20160",
        ),
        (
            {"lifecycleHooks": [{**PAUSE, "timeoutConfiguration": {"action": "STOP"}}]},
            "CONTINUE or ROLLBACK",
        ),
    ],
)
def test_refusals(client: Any, configuration: dict[str, Any], complaint: str) -> None:
    before = describe_service(client, "shop")["deploymentConfiguration"]

    with pytest.raises(client.exceptions.InvalidParameterException, match=complaint):
        configure(client, "shop", **configuration)

    assert describe_service(client, "shop")["deploymentConfiguration"] == before


def test_a_load_balancer_must_be_able_to_shift_traffic(client: Any) -> None:
    with pytest.raises(client.exceptions.InvalidParameterException, match="advancedConfiguration"):
        configure(client, "web", strategy="CANARY")

    assert describe_service(client, "web")["deploymentConfiguration"]["strategy"] == "ROLLING"


def test_what_belongs_to_another_strategy_goes_with_it(client: Any) -> None:
    assert "lifecycleHooks" in describe_service(client, "shop")["deploymentConfiguration"]

    changed = configure(client, "shop", strategy="LINEAR")

    assert changed["linearConfiguration"] == {"stepPercent": 10.0, "stepBakeTimeInMinutes": 6}
    assert "canaryConfiguration" not in changed
    assert "lifecycleHooks" not in changed
    assert "linearConfiguration" not in configure(client, "shop", strategy="ROLLING")


def test_what_is_not_given_keeps_its_value(client: Any) -> None:
    changed = configure(client, "shop", bakeTimeInMinutes=7)

    assert changed["strategy"] == "CANARY"
    assert changed["canaryConfiguration"] == {"canaryPercent": 10.0, "canaryBakeTimeInMinutes": 2}
    assert changed["lifecycleHooks"][0]["targetType"] == "PAUSE"
