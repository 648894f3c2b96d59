"""Deploys with a post-check, and the alarm that some of them watch."""

from __future__ import annotations

from typing import Any

from deploys.catalogue.nested_keys import PostCheck
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from tests.workers.engine_harness import EngineHarness

ALARM_NAME = "web-5xx"


def create_quiet_alarm(cloudwatch: Any, name: str = ALARM_NAME) -> None:
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="Shop",
        MetricName="Errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=5,
        ComparisonOperator="GreaterThanThreshold",
    )
    set_alarm_state(cloudwatch, "OK", name=name)


def set_alarm_state(cloudwatch: Any, value: str, reason: str = "test", *, name: str = ALARM_NAME) -> None:
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=value, StateReason=reason)


def request_checked_deploy(
    harness: EngineHarness, service: str = "web", tag: str = "1.4.2", lasts: int = 60, **after: Any
) -> str:
    """Requests a deploy with a post-check, and approves it if needed; its id."""
    deploy_id = harness.request_deploy(service, tag, after=PostCheck(duration=lasts, **after))
    if service == "billing":
        harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
        harness.approve(deploy_id)
    return deploy_id


def assert_old_version_restored(
    harness: EngineHarness, deploy: Deploy, service: str = "web", count: int = 3
) -> None:
    assert deploy.outcome is Outcome.ROLLED_BACK
    assert harness.running_tags(service) == {"1.4.0"}
    assert harness.describe_service(service)["runningCount"] == count
    assert harness.leftover_keys() == []
