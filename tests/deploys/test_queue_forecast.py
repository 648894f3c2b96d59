"""When a queued deploy is expected to start."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.formatting import utc_time
from deploys.queue_forecast import QueueForecast, forecast, forecast_text, ordinal, usual_seconds
from deploys.records.approval import Decision, Verdict
from deploys.records.deploy import Deploy
from deploys.records.hold import Hold, HoldKind
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from tests.builders import NOW, a_deploy, a_service

APPROVED = a_service(approvers=("U02BOB0000",), approvals=1)


def asked_at(at: float, **changes: Any) -> Deploy:
    return a_deploy(request={"requested_at": NOW + at}, **changes)


def ran(asked: float, ended: float, **changes: Any) -> Deploy:
    return asked_at(
        asked, **{"phase": Phase.ENDED, "outcome": Outcome.SUCCEEDED, "ended_at": NOW + ended, **changes}
    )


def decided(at: float) -> dict[str, Any]:
    return {"decisions": (Decision(user="U02BOB0000", verdict=Verdict.APPROVED, at=NOW + at),)}


@pytest.mark.parametrize(
    ("recent", "expected"),
    [
        ([], None),
        ([ran(0, 100)], 100),
        ([ran(0, 100, outcome=Outcome.ROLLED_BACK)], 100),
        ([ran(0, 100, outcome=Outcome.REFUSED)], None),
        ([ran(0, 100, outcome=Outcome.CANCELLED)], None),
        ([ran(0, 100, verb=Verb.FOLLOW)], None),
        ([asked_at(0)], None),
        ([ran(50, 300), ran(0, 100)], 150),  # it waited until 100: 200 s and 100 s
        ([ran(0, 1000, approval=decided(900))], 100),  # not the time at its approval
        ([ran(9000, 9010), ran(8000, 8020), ran(7000, 7030)], 20),
        ([*(ran(9000 - n * 100, 9010 - n * 100) for n in range(5)), ran(0, 5000)], 10),  # the newest five
    ],
)
def test_how_long_one_takes(recent: list[Deploy], expected: float | None) -> None:
    assert usual_seconds(recent) == expected


LAST = ran(0, 100)
HELD = Hold(kind=HoldKind.FREEZE, sentence="Frozen.")


@pytest.mark.parametrize(
    ("ahead", "recent", "starts_at"),
    [
        ([asked_at(500)], [LAST], 600),
        ([asked_at(50)], [LAST], 200),  # it could begin at 100, when the one before it ended
        ([asked_at(500), asked_at(510, phase=Phase.WAITING)], [LAST], 700),
        ([asked_at(500)], [], None),
        ([ran(500, 600, phase=Phase.SETTLING)], [LAST], None),  # any moment now
        ([ran(500, 600, phase=Phase.SETTLING), asked_at(510, phase=Phase.WAITING)], [LAST], 700),
        ([asked_at(500, hold=HELD)], [LAST], None),
        ([asked_at(500, verb=Verb.FOLLOW)], [LAST], None),
        (
            [asked_at(500, service=APPROVED, phase=Phase.UPDATING, approval=decided(900))],
            [LAST],
            1000,
        ),
    ],
)
def test_the_start(ahead: list[Deploy], recent: list[Deploy], starts_at: float | None) -> None:
    at = None if starts_at is None else NOW + starts_at
    assert forecast(ahead, [*ahead, *recent]) == QueueForecast(len(ahead) + 1, at)


@pytest.mark.parametrize("phase", [Phase.WAITING, Phase.PLANNING, Phase.AWAITING_APPROVAL])
def test_an_approval_that_is_missing_tells_no_time(phase: Phase) -> None:
    first = asked_at(500, service=APPROVED, phase=phase)

    found = forecast([first], [LAST])

    assert (found.starts_at, found.approval_of) == (None, first)
    assert forecast_text(found, utc_time) == (
        "2nd in the queue, to start once `1.4.2` by <@U01ALICE00> is approved and has ended"
    )


def test_what_people_read() -> None:
    assert forecast_text(QueueForecast(3, NOW), utc_time) == (
        f"3rd in the queue, expected to start about {utc_time(NOW)}"
    )
    assert forecast_text(QueueForecast(4), utc_time) == "4th in the queue"


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (22, "22nd")],
)
def test_ordinals(number: int, text: str) -> None:
    assert ordinal(number) == text
