"""CloudWatch alarms: in which state each of them is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workers.ecs.batches import in_batches
from workers.ecs.calls import aws_call
from workers.ecs.session import Region

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.literals import AlarmTypeType

_AT_ONCE = 100
"""DescribeAlarms takes 100 names a call."""

TYPES: tuple[AlarmTypeType, ...] = ("MetricAlarm", "CompositeAlarm", "LogAlarm")
"""Every value of the enum AlarmType: those not asked for are left out of the answer."""

RINGS: dict[str, bool] = {"OK": False, "ALARM": True, "INSUFFICIENT_DATA": False}
"""Whether an alarm in this state rings: every value of the enum StateValue. No data is quiet."""


@dataclass(frozen=True)
class AlarmSeen:
    """One alarm, on a metric, on logs or composite."""

    name: str
    state: str
    """OK, ALARM or INSUFFICIENT_DATA."""
    reason: str = ""
    """CloudWatch's own words on why it is in that state."""

    @property
    def rings(self) -> bool:
        """Whether it is in ALARM."""
        return RINGS.get(self.state, False)


def read(region: Region, names: Sequence[str]) -> dict[str, AlarmSeen]:
    """The alarms by name; one that CloudWatch does not have is absent.

    Composite alarms are only returned where the permission is for all resources (CloudWatch API reference,
    DescribeAlarms).

    Raises the errors of `aws_call`.
    """
    seen: dict[str, AlarmSeen] = {}
    for batch in in_batches(names, _AT_ONCE):
        with aws_call("cloudwatch:DescribeAlarms"):
            pages = region.cloudwatch.get_paginator("describe_alarms").paginate(
                AlarmNames=batch, AlarmTypes=TYPES
            )
            for page in pages:
                metric, logs = page.get("MetricAlarms", ()), page.get("LogAlarms", ())
                for alarm in (*metric, *page.get("CompositeAlarms", ()), *logs):
                    name = alarm.get("AlarmName", "")
                    seen[name] = AlarmSeen(name, alarm.get("StateValue", ""), alarm.get("StateReason", ""))
    return seen
