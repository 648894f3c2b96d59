"""What the looks of a check amount to, and what each state of an alarm means."""

from __future__ import annotations

import boto3
import pytest

from deploys.catalogue.service import CheckAfter
from deploys.checked import Check
from tests.workers.flows.checks import ALARM
from workers.ecs.alarms import RINGS, AlarmSeen
from workers.flows.checking import MISSES, PATIENCE_SECONDS, Look, Verdict, counted, judge
from workers.http_check import Answer


def test_every_state_of_an_alarm_is_judged() -> None:
    model = boto3.client("cloudwatch", region_name="eu-west-1").meta.service_model

    assert set(RINGS) == set(model.shape_for("StateValue").enum)  # type: ignore[attr-defined]
    assert {name for name, rings in RINGS.items() if rings} == {"ALARM"}


BOTH = CheckAfter(http="http://web", alarms=(ALARM,), lasts=60)
GOOD = Look(Answer(200))
BAD = Look(Answer(503))
UNREAD = Look(Answer(200), unread="throttled")
RINGING = Look(Answer(200), ringing=(AlarmSeen(ALARM, "ALARM"),))


@pytest.mark.parametrize(
    ("looks", "lasted", "verdict"),
    [
        ([GOOD], 0, Verdict.GOING),
        ([GOOD], 59, Verdict.GOING),
        ([GOOD], 60, Verdict.HELD),
        ([BAD] * (MISSES - 1), 60, Verdict.GOING),
        ([BAD] * (MISSES - 1) + [GOOD], 60, Verdict.HELD),
        ([BAD] * MISSES, 10, Verdict.MISSED),
        ([BAD, GOOD] * MISSES + [BAD], 59, Verdict.GOING),
        ([GOOD, UNREAD], 60, Verdict.GOING),
        ([GOOD, UNREAD], 60 + PATIENCE_SECONDS, Verdict.UNMADE),
        ([UNREAD, GOOD], 60 + PATIENCE_SECONDS, Verdict.HELD),
        ([GOOD, RINGING], 10, Verdict.RINGS),
        ([BAD] * MISSES + [RINGING], 10, Verdict.RINGS),
    ],
)
def test_what_the_looks_mean(looks: list[Look], lasted: float, verdict: Verdict) -> None:
    made = Check()
    for looked in looks:
        made = counted(made, BOTH, looked)

    assert judge(made, BOTH, looks[-1], lasted) is verdict
