from __future__ import annotations

import pytest

from deploys.errors import AwsUnavailable
from tests.workers.ecs.fake_aws import FakeAws
from workers.ecs import alarms
from workers.ecs.alarms import AlarmState
from workers.ecs.aws.aws_clients import RegionClients


def test_alarms_of_every_type_are_read(aws: FakeAws, region: RegionClients) -> None:
    aws.respond_with(
        "DescribeAlarms",
        {
            "MetricAlarms": [{"AlarmName": "web-5xx", "StateValue": "OK", "StateReason": "quiet"}],
            "CompositeAlarms": [{"AlarmName": "all", "StateValue": "ALARM", "StateReason": "web-5xx rings"}],
            "LogAlarms": [{"AlarmName": "panics", "StateValue": "ALARM", "StateReason": "3 lines"}],
        },
    )

    alarm_states = alarms.read(region, ["web-5xx", "all", "panics", "gone"])

    assert alarm_states == {
        "web-5xx": AlarmState("web-5xx", "OK", "quiet"),
        "all": AlarmState("all", "ALARM", "web-5xx rings"),
        "panics": AlarmState("panics", "ALARM", "3 lines"),
    }
    assert [alarm_states["web-5xx"].is_alarming, alarm_states["all"].is_alarming] == [False, True]
    (asked,) = aws.request_bodies("DescribeAlarms")
    assert asked["AlarmNames"] == ["web-5xx", "all", "panics", "gone"]
    assert asked["AlarmTypes"] == ["MetricAlarm", "CompositeAlarm", "LogAlarm"], "else only the first come"


def test_no_alarms_are_asked_for_without_a_name(aws: FakeAws, region: RegionClients) -> None:
    assert alarms.read(region, []) == {}
    assert aws.requests == []


def test_more_than_a_hundred_take_several_calls(aws: FakeAws, region: RegionClients) -> None:
    aws.respond_with("DescribeAlarms", {})

    alarms.read(region, [f"alarm-{number}" for number in range(150)])

    assert [len(asked["AlarmNames"]) for asked in aws.request_bodies("DescribeAlarms")] == [100, 50]


def test_a_throttled_read_is_no_answer(aws: FakeAws, region: RegionClients) -> None:
    aws.respond_error("DescribeAlarms", "ThrottlingException")

    with pytest.raises(AwsUnavailable):
        alarms.read(region, ["web-5xx"])
