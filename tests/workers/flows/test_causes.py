"""Why ECS goes back by itself, as a table: what is known better than by ECS's own sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deploys.traffic import HookAction, Pause, PauseAnswer, PauseEnd
from tests.builders import NOW, a_deploy
from tests.deploys.test_hooks import a_pause, at_a_pause
from tests.workers.flows.test_rollout import a_deployment, enum, own, service_with
from workers.ecs.seen import HookSeen
from workers.flows.causes import known_cause, why_back

BOB = "U02BOB0000"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:"
WHERE = "the pause once the test traffic has moved"
ALARM = "the alarm `errors` went off, and ECS rolls back by itself."
PRESSED = f"<@{BOB}> pressed *Roll back* at {WHERE}."
NOBODY = f"nobody answered in time at {WHERE}, and then ECS rolls back by itself."
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


BREAKER = "Service deployment rolled back because the circuit breaker threshold was exceeded."
NETWORK = (
    "Service deployment rolled back because of invalid networking configuration. One or more rules not found"
)
TARGET = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/alb/1/2"
LISTENER = (
    "Service deployment rolled back because TEST_TRAFFIC_SHIFT lifecycle hook(s) failed. User: "
    "arn:aws:sts::123456789012:assumed-role/elb/ECSNetworkingWithELB is not authorized to perform: "
    f"elasticloadbalancing:ModifyListener on resource: {TARGET}"
)
PULL = (
    "Service deployment rolled back because PRE_SCALE_UP lifecycle hook(s) failed. denied: requested "
    "access to the resource is denied"
)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "Service deployment rolled back by user.",
            "somebody, or some tool, stopped the rollout in ECS ({}).",
        ),
        (BREAKER, "ECS gave up on the new revision and rolls back by itself ({})."),
        (
            "Service deployment rolled back because of one or more active alarms.",
            "ECS gave up on the new revision and rolls back by itself ({}).",
        ),
        (NETWORK, "ECS gave up on the new revision and rolls back by itself ({})."),
        (LISTENER, "ECS gave up on the new revision and rolls back by itself ({})."),
        (PULL, "ECS gave up on the new revision and rolls back by itself ({})."),
        ("Rolled back upon operator's wish.", "ECS rolls the new revision back ({})."),
        ("", "ECS rolls the new revision back."),
    ],
)
@pytest.mark.parametrize("where", ["rollback_reason", "reason"])
def test_ecs_own_words_are_taken_for_no_more_than_they_say(said: str, told: str, where: str) -> None:
    words: dict[str, Any] = {where: said}
    seen = replace(own("ROLLBACK_IN_PROGRESS"), **words)

    assert why_back(a_deploy(), seen, None) == told.format(said.rstrip("."))


@pytest.mark.parametrize(
    ("state", "said", "told"),
    [
        (
            "FAILED",
            "ECS deployment circuit breaker: tasks failed to start.",
            "ECS gave up on the new revision and rolls back by itself (ECS deployment circuit breaker: tasks "
            "failed to start).",
        ),
        ("FAILED", "", "ECS rolls the new revision back."),
        ("IN_PROGRESS", "ECS deployment ecs-svc/1 in progress.", "ECS rolls the new revision back."),
    ],
)
def test_without_a_service_deployment_the_reason_of_our_deployment_counts(
    state: str, said: str, told: str
) -> None:
    ours = replace(a_deployment(state=state, reason=said), status="ACTIVE")
    deploy = a_deploy(deployment_id=ours.id)

    assert why_back(deploy, None, service_with(ours)) == told
