"""Why ECS goes back by itself, as a table: what is known better than by ECS's own sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deploys.traffic import HookAction, Pause, PauseAnswer, PauseEnd
from tests.builders import NOW
from tests.deploys.test_hooks import a_pause, at_a_pause
from tests.workers.flows.test_rollout import enum, own
from workers.ecs.seen import HookSeen
from workers.flows.causes import known_cause

BOB = "U02BOB0000"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:"
WHERE = "the pause once the test traffic has moved"
ALARM = "the alarm `errors` went off, and ECS rolls back by itself."
PRESSED = f"<@{BOB}> pressed *Roll back* at {WHERE}."
NOBODY = f"nobody answered {WHERE} in time, and then ECS rolls back by itself."
OUTSIDE = f"{WHERE} was ended outside Slipway, and ECS rolls back. ECS says: It went back."
SMOKE = (
    "ECS rolls back by itself (It went back). The Lambda function `smoke` of a lifecycle hook did not "
    "succeed; its log says why."
)
BOTH = (
    "ECS rolls back by itself (It went back). The Lambda functions `smoke`, `load` of lifecycle hooks did "
    "not succeed; their logs say why."
)


def over(end: PauseEnd | None, said: HookAction | None = None, **changes: Any) -> Pause:
    answer = PauseAnswer(user=BOB, action=said, at=NOW, tried=True) if said else None
    return a_pause(end=end, answer=answer, **changes)


def function(name: str, status: str, action: str = "ROLLBACK") -> HookSeen:
    return HookSeen(name, status, "AWS_LAMBDA", timeout_action=action, function=FUNCTION + name)


SMOKE_FAILED, LOAD_FAILED = function("smoke", "FAILED"), function("load", "FAILED")
PAUSE_FAILED = HookSeen("h1", "FAILED", "PAUSE")


@pytest.mark.parametrize(
    ("pauses", "more", "cause"),
    [
        ((), {}, None),
        ((over(PauseEnd.ANSWERED, HookAction.CONTINUE),), {}, None),
        ((over(PauseEnd.ELSEWHERE),), {}, None),
        ((over(PauseEnd.TIMED_OUT, timeout_action=HookAction.CONTINUE),), {}, None),
        ((over(PauseEnd.ANSWERED, HookAction.ROLLBACK),), {}, PRESSED),
        ((over(PauseEnd.TIMED_OUT),), {}, NOBODY),
        ((over(PauseEnd.CALLED_OFF),), {"hooks": (PAUSE_FAILED,)}, OUTSIDE),
        ((over(PauseEnd.CALLED_OFF), over(PauseEnd.ELSEWHERE)), {}, None),
        ((over(PauseEnd.CALLED_OFF),), {"alarm_status": "TRIGGERED", "alarms_triggered": ("errors",)}, ALARM),
        ((over(PauseEnd.CALLED_OFF),), {"breaker_status": "TRIGGERED"}, None),
        ((), {"hooks": (SMOKE_FAILED,)}, SMOKE),
        ((), {"hooks": (SMOKE_FAILED, function("warm", "SUCCEEDED"), LOAD_FAILED)}, BOTH),
        ((), {"hooks": (function("smoke", "TIMED_OUT"),)}, SMOKE),
        ((), {"hooks": (function("smoke", "TIMED_OUT", "CONTINUE"),)}, None),
        ((), {"hooks": (function("smoke", "IN_PROGRESS"),)}, None),
        ((over(PauseEnd.CALLED_OFF),), {"hooks": (PAUSE_FAILED, SMOKE_FAILED)}, SMOKE),
        ((over(PauseEnd.ANSWERED, HookAction.ROLLBACK),), {"hooks": (PAUSE_FAILED, SMOKE_FAILED)}, PRESSED),
        ((over(PauseEnd.TIMED_OUT),), {"hooks": (SMOKE_FAILED,)}, NOBODY),
        ((), {"hooks": (SMOKE_FAILED,), "breaker_status": "TRIGGERED"}, None),
    ],
)
def test_the_cause(pauses: tuple[Pause, ...], more: dict[str, Any], cause: str | None) -> None:
    deploy = at_a_pause(*pauses)
    if not pauses:
        deploy = deploy.evolve(shift=None)
    seen = replace(own("ROLLBACK_IN_PROGRESS"), rollback_reason="It went back.", **more)

    assert known_cause(deploy, seen) == cause


@pytest.mark.parametrize("status", sorted(enum("ServiceDeploymentRollbackMonitorsStatus")))
def test_only_an_alarm_that_rang_is_a_cause(status: str) -> None:
    seen = replace(own("ROLLBACK_IN_PROGRESS"), alarm_status=status, alarms_triggered=("errors",))

    assert known_cause(at_a_pause(over(PauseEnd.ELSEWHERE)), seen) == (
        ALARM if status == "TRIGGERED" else None
    )


def test_where_ecs_shows_no_record_nothing_is_known() -> None:
    assert known_cause(at_a_pause(over(PauseEnd.TIMED_OUT)), None) is None
