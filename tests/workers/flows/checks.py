"""Deploys that are checked after their rollout, and the alarm that some of them watch."""

from __future__ import annotations

from typing import Any

from deploys.catalogue.service import CheckAfter
from deploys.deploy import Deploy, Outcome, Phase
from tests.workers.yard import Yard

ALARM = "web-5xx"


def a_quiet_alarm(cloudwatch: Any, name: str = ALARM) -> None:
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
    state(cloudwatch, "OK", name=name)


def state(cloudwatch: Any, value: str, reason: str = "test", *, name: str = ALARM) -> None:
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=value, StateReason=reason)


def ask(yard: Yard, service: str = "web", tag: str = "1.4.2", lasts: int = 60, **after: Any) -> str:
    """A deploy that is checked afterwards, approved; its id."""
    deploy_id = yard.ask(service, tag, after=CheckAfter(lasts=lasts, **after))
    if service == "billing":
        yard.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
        yard.approve(deploy_id)
    return deploy_id


def assert_rolled_back(yard: Yard, deploy: Deploy, service: str = "web", count: int = 3) -> None:
    assert deploy.outcome is Outcome.ROLLED_BACK
    assert yard.images_running(service) == {"1.4.0"}
    assert yard.service(service)["runningCount"] == count
    assert yard.leftovers() == []
