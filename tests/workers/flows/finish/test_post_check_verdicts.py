"""What the probes of a post-check add up to, and what each alarm state means."""

from __future__ import annotations

import boto3
import pytest

from deploys.catalogue.nested_keys import PostCheck
from deploys.records.pre_task_and_post_check import PostCheckRun
from tests.workers.flows.checked_deploys import ALARM_NAME
from workers.ecs.alarms import ALARMING_BY_STATE, AlarmState
from workers.flows.finish.checking import (
    EXTRA_SECONDS,
    MAX_MISSES,
    CheckVerdict,
    Probe,
    add_probe,
    judge_check,
)
from workers.http_check import HttpCheckResult


def test_every_state_of_an_alarm_is_judged() -> None:
    model = boto3.client("cloudwatch", region_name="eu-west-1").meta.service_model

    assert set(ALARMING_BY_STATE) == set(model.shape_for("StateValue").enum)  # type: ignore[attr-defined]
    assert {name for name, rings in ALARMING_BY_STATE.items() if rings} == {"ALARM"}


BOTH = PostCheck(http="http://web", alarms=(ALARM_NAME,), duration=60)
GOOD = Probe(HttpCheckResult(200))
BAD = Probe(HttpCheckResult(503))
UNREAD = Probe(HttpCheckResult(200), alarms_error="throttled")
RINGING = Probe(HttpCheckResult(200), in_alarm=(AlarmState(ALARM_NAME, "ALARM"),))


@pytest.mark.parametrize(
    ("looks", "lasted", "verdict"),
    [
        ([GOOD], 0, CheckVerdict.IN_PROGRESS),
        ([GOOD], 59, CheckVerdict.IN_PROGRESS),
        ([GOOD], 60, CheckVerdict.PASSED),
        ([BAD] * (MAX_MISSES - 1), 60, CheckVerdict.IN_PROGRESS),
        ([BAD] * (MAX_MISSES - 1) + [GOOD], 60, CheckVerdict.PASSED),
        ([BAD] * MAX_MISSES, 10, CheckVerdict.HTTP_FAILED),
        ([BAD, GOOD] * MAX_MISSES + [BAD], 59, CheckVerdict.IN_PROGRESS),
        ([GOOD, UNREAD], 60, CheckVerdict.IN_PROGRESS),
        ([GOOD, UNREAD], 60 + EXTRA_SECONDS, CheckVerdict.UNREADABLE),
        ([UNREAD, GOOD], 60 + EXTRA_SECONDS, CheckVerdict.PASSED),
        ([GOOD, RINGING], 10, CheckVerdict.IN_ALARM),
        ([BAD] * MAX_MISSES + [RINGING], 10, CheckVerdict.IN_ALARM),
    ],
)
def test_what_the_looks_mean(looks: list[Probe], lasted: float, verdict: CheckVerdict) -> None:
    made = PostCheckRun()
    for looked in looks:
        made = add_probe(made, BOTH, looked)

    assert judge_check(made, BOTH, looks[-1], lasted) is verdict
