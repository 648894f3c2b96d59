"""CloudWatch alarms and their states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploys.redaction import redact
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.aws.error_translation import aws_call
from workers.ecs.describe_calls import in_batches

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.literals import AlarmTypeType

_ALARMS_PER_CALL = 100
"""DescribeAlarms takes 100 names a call."""

TYPES: tuple[AlarmTypeType, ...] = ("MetricAlarm", "CompositeAlarm", "LogAlarm")
"""Every value of the enum AlarmType: CloudWatch leaves out the types that are not asked for."""

ALARMING_BY_STATE: dict[str, bool] = {"OK": False, "ALARM": True, "INSUFFICIENT_DATA": False}
"""Whether an alarm in this state counts: every value of the enum StateValue. Without data it does not."""


@dataclass(frozen=True)
class AlarmState:
    """One alarm, on a metric, on logs or composite."""

    name: str
    state: str
    """OK, ALARM or INSUFFICIENT_DATA."""
    reason: str = ""
    """Why it is in that state, as CloudWatch says it."""

    @property
    def is_alarming(self) -> bool:
        """Whether it is in ALARM."""
        return ALARMING_BY_STATE.get(self.state, False)


def read(region: RegionClients, names: Sequence[str]) -> dict[str, AlarmState]:
    """The alarms by name; an alarm that CloudWatch does not have is absent.

    CloudWatch returns composite alarms only if the permission is for all resources (CloudWatch API reference,
    DescribeAlarms).

    Raises the errors of `aws_call`.
    """
    alarms: dict[str, AlarmState] = {}
    for batch in in_batches(names, _ALARMS_PER_CALL):
        with aws_call("cloudwatch:DescribeAlarms"):
            pages = region.cloudwatch.get_paginator("describe_alarms").paginate(
                AlarmNames=batch, AlarmTypes=TYPES
            )
            for page in pages:
                metric, logs = page.get("MetricAlarms", ()), page.get("LogAlarms", ())
                for alarm in (*metric, *page.get("CompositeAlarms", ()), *logs):
                    name = alarm.get("AlarmName", "")
                    reason = redact(alarm.get("StateReason", ""))
                    alarms[name] = AlarmState(name, alarm.get("StateValue", ""), reason)
    return alarms
