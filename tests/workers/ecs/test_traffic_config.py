"""How ECS moves traffic, as it answers."""

from __future__ import annotations

import pytest

from deploys.errors import AwsDenied, AwsRefused
from deploys.records.traffic import HookAction, PlannedPause, TrafficPlan
from tests.workers.ecs.fake_aws import FakeAws
from workers.ecs import service_deployments, traffic_config
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.state import HookState

ARN = "arn:aws:ecs:eu-west-1:123456789012:service-deployment/production/shop/x"


def test_a_canary_as_it_is_configured() -> None:
    assert traffic_config.read_traffic_plan(
        {
            "strategy": "CANARY",
            "bakeTimeInMinutes": 1,
            "canaryConfiguration": {"canaryPercent": 12.5, "canaryBakeTimeInMinutes": 2},
            "lifecycleHooks": [
                {"targetType": "PAUSE", "lifecycleStages": ["POST_SCALE_UP"]},
                {"targetType": "AWS_LAMBDA", "lifecycleStages": ["POST_SCALE_UP"]},
                {
                    "targetType": "PAUSE",
                    "lifecycleStages": ["PRE_PRODUCTION_TRAFFIC_SHIFT"],
                    "timeoutConfiguration": {"timeoutInMinutes": 5, "action": "CONTINUE"},
                },
            ],
            "alarms": {"alarmNames": ["a"], "enable": True, "rollback": True},
        }
    ) == TrafficPlan(
        strategy="CANARY",
        bake_seconds=60,
        step_percent=12.5,
        step_wait_seconds=120,
        pauses=(
            PlannedPause(
                stages=("POST_SCALE_UP",), timeout_seconds=86400, timeout_action=HookAction.ROLLBACK
            ),
            PlannedPause(
                stages=("PRE_PRODUCTION_TRAFFIC_SHIFT",),
                timeout_seconds=300,
                timeout_action=HookAction.CONTINUE,
            ),
        ),
        alarms=("a",),
        alarms_roll_back=True,
    )


def test_what_is_not_said_is_as_the_ecs_reference_has_it() -> None:
    assert traffic_config.read_traffic_plan({"strategy": "LINEAR"}) == TrafficPlan(
        strategy="LINEAR", step_percent=10, step_wait_seconds=360
    )
    assert traffic_config.read_traffic_plan({"strategy": "CANARY"}) == TrafficPlan(
        strategy="CANARY", step_percent=5, step_wait_seconds=600
    )
    assert traffic_config.read_traffic_plan({"strategy": "ROLLING"}) is None
    assert traffic_config.read_traffic_plan({}) is None


@pytest.mark.parametrize(
    ("enable", "rollback", "named", "rolls_back"),
    [
        (True, True, ("a",), True),
        (True, False, ("a",), False),
        (False, True, (), False),
        (False, False, (), False),
    ],
)
def test_alarms_count_where_they_are_on(
    enable: bool, rollback: bool, named: tuple[str, ...], rolls_back: bool
) -> None:
    configured = traffic_config.read_traffic_plan(
        {
            "strategy": "BLUE_GREEN",
            "alarms": {"alarmNames": ["a"], "enable": enable, "rollback": rollback},
        }
    )

    assert configured
    assert (configured.alarms, configured.alarms_roll_back) == (named, rolls_back)


def test_weights_hooks_and_alarms_of_a_service_deployment(aws: FakeAws, region: RegionClients) -> None:
    hook = {"hookId": "h", "targetType": "PAUSE", "status": "AWAITING_ACTION", "expiresAt": 1.5}
    described = {
        "serviceDeploymentArn": ARN,
        "status": "IN_PROGRESS",
        "sourceServiceRevisions": [
            {"requestedProductionTrafficWeight": 60.0},
            {"requestedProductionTrafficWeight": 30.0},
        ],
        "targetServiceRevision": {
            "requestedProductionTrafficWeight": 10.0,
            "requestedTestTrafficWeight": 100.0,
        },
        "lifecycleHookDetails": [{**hook, "timeoutAction": "CONTINUE"}],
        "alarms": {"status": "TRIGGERED", "alarmNames": ["a", "b"], "triggeredAlarmNames": ["b"]},
    }
    aws.respond_with("DescribeServiceDeployments", {"serviceDeployments": [described], "failures": []})

    service_deployment = service_deployments.describe(region, [ARN])[ARN]

    assert (
        service_deployment.production_percent,
        service_deployment.test_percent,
        service_deployment.source_production_percent,
    ) == (10.0, 100.0, 90.0)
    assert service_deployment.hooks == (HookState("h", "AWAITING_ACTION", "PAUSE", 1.5, "CONTINUE"),)
    assert (service_deployment.alarm_status, service_deployment.alarms_triggered) == ("TRIGGERED", ("b",))


@pytest.mark.parametrize("action", list(HookAction))
def test_a_pause_is_settled(aws: FakeAws, region: RegionClients, action: HookAction) -> None:
    aws.respond_with("ContinueServiceDeployment", {"serviceDeploymentArn": ARN})

    service_deployments.continue_past_hook(region, ARN, "h", action)

    assert aws.request_bodies("ContinueServiceDeployment") == [
        {"serviceDeploymentArn": ARN, "hookId": "h", "action": action.value}
    ]


@pytest.mark.parametrize(
    ("code", "error"), [("ClientException", AwsRefused), ("AccessDeniedException", AwsDenied)]
)
def test_what_ecs_does_not_settle_is_an_error(
    aws: FakeAws, region: RegionClients, code: str, error: type[Exception]
) -> None:
    aws.respond_error("ContinueServiceDeployment", code, "no")

    with pytest.raises(error):
        service_deployments.continue_past_hook(region, ARN, "h", HookAction.CONTINUE)
