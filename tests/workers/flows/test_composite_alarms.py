"""Composite alarms, which CloudWatch lists apart from those on a metric, count like any other."""

from __future__ import annotations

from typing import Any

import pytest
from moto.cloudwatch.models import cloudwatch_backends

from deploys.catalogue.service import CheckAfter
from deploys.deploy import Outcome, Phase
from sandbox.ecs.place import ACCOUNT, REGION
from tests.workers.yard import Yard

ALARM = "web-in-trouble"


@pytest.fixture
def cloudwatch(yard: Yard) -> Any:
    """CloudWatch, with one quiet composite alarm. moto keeps such, and has no call that makes one."""
    client = yard.ecs.client("cloudwatch")
    cloudwatch_backends[ACCOUNT][REGION].put_metric_alarm(
        name=ALARM,
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
    client.set_alarm_state(AlarmName=ALARM, StateValue="OK", StateReason="test")
    return client


def rings(cloudwatch: Any) -> None:
    cloudwatch.set_alarm_state(AlarmName=ALARM, StateValue="ALARM", StateReason="site-5xx rings")


def test_a_composite_alarm_that_rings_in_the_check_rolls_back(yard: Yard, cloudwatch: Any) -> None:
    deploy_id = yard.ask("web", "1.4.2", after=CheckAfter(alarms=(ALARM,), lasts=60))
    yard.until_phase(deploy_id, Phase.CHECKING)
    yard.tick(15)
    rings(cloudwatch)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert f"`{ALARM}`" in deploy.reason
    assert yard.images_running("web") == {"1.4.0"}


def test_a_composite_alarm_that_stays_quiet_lets_the_check_hold(yard: Yard, cloudwatch: Any) -> None:
    deploy_id = yard.ask("web", "1.4.2", after=CheckAfter(alarms=(ALARM,), lasts=30))

    assert yard.until_over(deploy_id).outcome is Outcome.SUCCEEDED
    assert f"`{ALARM}` quiet" in yard.said(deploy_id)


def test_a_composite_alarm_of_the_deployment_rolls_it_back_and_is_named(yard: Yard, cloudwatch: Any) -> None:
    before = yard.service("web")["deploymentConfiguration"]
    alarms = {"alarmNames": [ALARM], "enable": True, "rollback": True}
    yard.console.update_service(
        cluster="production", service="web", deploymentConfiguration={**before, "alarms": alarms}
    )
    deploy_id = yard.ask("web", "1.4.2")
    yard.until_phase(deploy_id, Phase.FOLLOWING)
    yard.tick(5)
    rings(cloudwatch)

    deploy = yard.until_over(deploy_id)

    assert deploy.outcome is Outcome.ROLLED_BACK
    assert f"`{ALARM}`" in deploy.reason
    assert yard.images_running("web") == {"1.4.0"}
