"""Deployments that watch CloudWatch alarms: a triggered alarm rolls them back."""

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
    service_tasks,
)

ALARM = "web-5xx"
METRIC = {"Namespace": "Shop", "MetricName": "Errors"}
DIMENSIONS = [{"Name": "Service", "Value": "web"}]
WATCHING = {"alarms": {"alarmNames": [ALARM], "enable": True, "rollback": True}}


@pytest.fixture
def cloudwatch(ecs: EcsSandbox) -> Any:
    client = ecs.client("cloudwatch")
    client.put_metric_alarm(
        **METRIC,
        AlarmName=ALARM,
        Dimensions=DIMENSIONS,
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=2,
        DatapointsToAlarm=1,
        Threshold=5,
        ComparisonOperator="GreaterThanThreshold",
    )
    return client


def ring(cloudwatch: Any, state: str = "ALARM") -> None:
    cloudwatch.set_alarm_state(AlarmName=ALARM, StateValue=state, StateReason="test")


@pytest.mark.parametrize("name", ["web", "site"])
def test_an_alarm_rolls_a_deployment_back(ecs: EcsSandbox, client: Any, cloudwatch: Any, name: str) -> None:
    before = primary_deployment(client, name)
    new = deploy_tag(client, name, "1.4.2", deploymentConfiguration=WATCHING)
    ecs.advance(20)
    watched = newest_service_deployment(client, name)["alarms"]
    assert watched == {"status": "MONITORING", "alarmNames": [ALARM], "triggeredAlarmNames": []}

    ring(cloudwatch)
    ecs.advance(6)

    service_deployment = newest_service_deployment(client, name)
    assert service_deployment["status"] == "ROLLBACK_IN_PROGRESS"
    assert service_deployment["alarms"] == {
        "status": "TRIGGERED",
        "alarmNames": [ALARM],
        "triggeredAlarmNames": [ALARM],
    }
    event = f"(service {name}) (deployment {new['id']}) deployment failed: alarm detected."
    assert event in event_messages(client, name)
    service_deployment = advance_until_steady(ecs, client, name, step=2)
    assert service_deployment["status"] == "ROLLBACK_SUCCESSFUL"
    assert "one or more active alarms" in service_deployment["statusReason"]
    assert describe_service(client, name)["taskDefinition"] == before["taskDefinition"]
    assert {t["containers"][0]["image"].rpartition(":")[2] for t in service_tasks(client, name)} == {"1.4.0"}


def test_without_rollback_it_stops(ecs: EcsSandbox, client: Any, cloudwatch: Any) -> None:
    watching = {"alarms": {**WATCHING["alarms"], "rollback": False}}
    new = deploy_tag(client, "web", "1.4.2", deploymentConfiguration=watching)
    ecs.advance(20)
    ring(cloudwatch)
    ecs.advance(6)

    assert newest_service_deployment(client, "web")["status"] == "STOPPED"
    assert primary_deployment(client, "web")["id"] == new["id"]
    assert primary_deployment(client, "web")["rolloutState"] == "FAILED"


def test_a_quiet_rolling_update_bakes_for_as_long_as_the_alarm_needs(
    ecs: EcsSandbox, client: Any, cloudwatch: Any
) -> None:
    deploy_tag(client, "web", "1.4.2", deploymentConfiguration=WATCHING)
    ecs.advance(2)
    advance_until(
        ecs, lambda: newest_service_deployment(client, "web")["lifecycleStage"] == "BAKE_TIME", step=1
    )
    start = ecs.now()

    service_deployment = advance_until_steady(ecs, client, "web", step=1)

    assert ecs.now() - start == pytest.approx(120, abs=2)
    assert (service_deployment["status"], service_deployment["alarms"]["status"]) == (
        "SUCCESSFUL",
        "MONITORING_COMPLETE",
    )


def test_an_alarm_in_the_bake_time_rolls_back_too(ecs: EcsSandbox, client: Any, cloudwatch: Any) -> None:
    watching = {**WATCHING, "bakeTimeInMinutes": 10}
    deploy_tag(client, "web", "1.4.2", deploymentConfiguration=watching)
    ecs.advance(400)
    assert newest_service_deployment(client, "web")["lifecycleStage"] == "BAKE_TIME"

    ring(cloudwatch)

    assert advance_until_steady(ecs, client, "web", step=2)["status"] == "ROLLBACK_SUCCESSFUL"


def test_an_alarm_that_is_already_triggered_is_ignored(ecs: EcsSandbox, client: Any, cloudwatch: Any) -> None:
    ring(cloudwatch)
    deploy_tag(client, "web", "1.4.2", deploymentConfiguration=WATCHING)

    service_deployment = advance_until_steady(ecs, client, "web", step=2)

    assert (service_deployment["status"], service_deployment["alarms"]["status"]) == (
        "SUCCESSFUL",
        "DISABLED",
    )


def test_after_the_deployment_alarms_do_nothing(ecs: EcsSandbox, client: Any, cloudwatch: Any) -> None:
    new = deploy_tag(client, "web", "1.4.2", deploymentConfiguration=WATCHING)
    advance_until_steady(ecs, client, "web", step=2)
    ring(cloudwatch)
    ecs.advance(60)

    assert primary_deployment(client, "web")["id"] == new["id"]
    assert newest_service_deployment(client, "web")["status"] == "SUCCESSFUL"


def test_alarms_need_names(client: Any) -> None:
    with pytest.raises(client.exceptions.InvalidParameterException, match="alarmNames cannot be empty"):
        client.update_service(
            cluster=CLUSTER,
            service="web",
            deploymentConfiguration={"alarms": {"alarmNames": [], "enable": True, "rollback": True}},
        )
