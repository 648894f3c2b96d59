"""The alarms of the region's CloudWatch."""

from __future__ import annotations

from moto.cloudwatch.models import cloudwatch_backends

SITE_ERRORS_ALARM = "site-5xx"


def create_alarm(account: str, region: str) -> None:
    """One quiet alarm, for a check after a deploy; no deployment of ECS's own watches it."""
    alarm = cloudwatch_backends[account][region].put_metric_alarm(
        name=SITE_ERRORS_ALARM,
        namespace="AWS/ApplicationELB",
        metric_name="HTTPCode_Target_5XX_Count",
        comparison_operator="GreaterThanThreshold",
        evaluation_periods=1,
        period=60,
        threshold=10.0,
        statistic="Sum",
        description="The site answers with errors",
        dimensions=[{"Name": "TargetGroup", "Value": "site"}],
        alarm_actions=[],
    )
    alarm.update_state("Threshold Crossed: no datapoint was greater than the threshold (10.0).", "{}", "OK")
