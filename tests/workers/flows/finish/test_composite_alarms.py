"""Composite alarms, which CloudWatch lists separately, count like metric alarms."""

from __future__ import annotations

from typing import Any

import pytest
from moto.cloudwatch.models import cloudwatch_backends

from deploys.catalogue.nested_keys import PostCheck
from deploys.records.phases import Outcome, Phase
from sandbox.ecs.account import ACCOUNT, REGION
from tests.workers.engine_harness import EngineHarness

ALARM_NAME = "web-in-trouble"


@pytest.fixture
def cloudwatch(harness: EngineHarness) -> Any:
    """A CloudWatch client, and one composite alarm in state OK. moto stores composite alarms, but has no
    call that creates one."""
    client = harness.ecs.client("cloudwatch")
    cloudwatch_backends[ACCOUNT][REGION].put_metric_alarm(
        name=ALARM_NAME,
        rule='ALARM("site-5xx")',
        namespace="",
        metric_name="",
        comparison_operator="",
        evaluation_periods=0,
        period=0,
        threshold=0.0,
        statistic="",
        description="",
        dimensions=[],
        alarm_actions=[],
    )
    client.set_alarm_state(AlarmName=ALARM_NAME, StateValue="OK", StateReason="test")
    return client


def set_off_alarm(cloudwatch: Any) -> None:
    cloudwatch.set_alarm_state(AlarmName=ALARM_NAME, StateValue="ALARM", StateReason="site-5xx rings")


def test_a_composite_alarm_that_rings_in_the_check_rolls_back(
    harness: EngineHarness, cloudwatch: Any
) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2", after=PostCheck(alarms=(ALARM_NAME,), duration=60))
    harness.until_phase(deploy_id, Phase.CHECKING)
    harness.tick(15)
    set_off_alarm(cloudwatch)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert f"`{ALARM_NAME}`" in deploy.outcome_reason
    assert harness.running_tags("web") == {"1.4.0"}


def test_a_composite_alarm_that_stays_quiet_lets_the_check_hold(
    harness: EngineHarness, cloudwatch: Any
) -> None:
    deploy_id = harness.request_deploy("web", "1.4.2", after=PostCheck(alarms=(ALARM_NAME,), duration=30))

    assert harness.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert f"`{ALARM_NAME}` quiet" in harness.thread_text(deploy_id)


def test_a_composite_alarm_of_the_deployment_rolls_it_back_and_is_named(
    harness: EngineHarness, cloudwatch: Any
) -> None:
    before = harness.describe_service("web")["deploymentConfiguration"]
    alarms = {"alarmNames": [ALARM_NAME], "enable": True, "rollback": True}
    harness.ecs_client.update_service(
        cluster="production", service="web", deploymentConfiguration={**before, "alarms": alarms}
    )
    deploy_id = harness.request_deploy("web", "1.4.2")
    harness.until_phase(deploy_id, Phase.FOLLOWING)
    harness.tick(5)
    set_off_alarm(cloudwatch)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert f"`{ALARM_NAME}`" in deploy.outcome_reason
    assert harness.running_tags("web") == {"1.4.0"}
