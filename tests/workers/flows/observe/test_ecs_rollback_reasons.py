"""Why ECS rolls back, as a table: the causes that Slipway explains better than ECS's own reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deploys.records.traffic import HookAction, Pause, PauseAnswer, PauseEnd
from tests.builders import NOW, a_deploy
from tests.deploys.test_pauses import a_pause, at_a_pause
from tests.workers.flows.ecs_state_builders import (
    a_deployment,
    a_service_deployment,
    ecs_enum_values,
    service_with,
)
from workers.ecs.state import HookState
from workers.flows.observe.ecs_rollback_reasons import ecs_rollback_reason, find_known_cause

BOB = "U02BOB0000"
FUNCTION_ARN_PREFIX = "arn:aws:lambda:eu-west-1:123456789012:function:"
PAUSE_STAGE = "the pause once the test traffic has moved"
ALARM = "the alarm `errors` went off, and ECS rolls back by itself."
PRESSED = f"<@{BOB}> pressed *Roll back* at {PAUSE_STAGE}."
NOBODY = f"nobody answered in time at {PAUSE_STAGE}, so ECS rolls back by itself."
OUTSIDE = f"{PAUSE_STAGE} was ended outside Slipway, and ECS rolls back. ECS says: It went back."
SMOKE = (
    "ECS rolls back by itself (It went back). The Lambda function `smoke` of a lifecycle hook did not "
    "succeed; its log says why."
)
BOTH = (
    "ECS rolls back by itself (It went back). The Lambda functions `smoke`, `load` of lifecycle hooks did "
    "not succeed; their logs say why."
)


def an_ended_pause(end: PauseEnd | None, action: HookAction | None = None, **changes: Any) -> Pause:
    answer = PauseAnswer(user=BOB, action=action, at=NOW, send_tried=True) if action else None
    return a_pause(end=end, answer=answer, **changes)


def a_lambda_hook(name: str, status: str, action: str = "ROLLBACK") -> HookState:
    return HookState(name, status, "AWS_LAMBDA", timeout_action=action, lambda_arn=FUNCTION_ARN_PREFIX + name)


SMOKE_FAILED, LOAD_FAILED = a_lambda_hook("smoke", "FAILED"), a_lambda_hook("load", "FAILED")
PAUSE_FAILED = HookState("h1", "FAILED", "PAUSE")


@pytest.mark.parametrize(
    ("pauses", "more", "cause"),
    [
        ((), {}, None),
        ((an_ended_pause(PauseEnd.ANSWERED, HookAction.CONTINUE),), {}, None),
        ((an_ended_pause(PauseEnd.ANSWERED_ELSEWHERE),), {}, None),
        ((an_ended_pause(PauseEnd.TIMED_OUT, timeout_action=HookAction.CONTINUE),), {}, None),
        ((an_ended_pause(PauseEnd.ANSWERED, HookAction.ROLLBACK),), {}, PRESSED),
        ((an_ended_pause(PauseEnd.TIMED_OUT),), {}, NOBODY),
        ((an_ended_pause(PauseEnd.CLOSED_BY_ECS),), {"hooks": (PAUSE_FAILED,)}, OUTSIDE),
        ((an_ended_pause(PauseEnd.CLOSED_BY_ECS), an_ended_pause(PauseEnd.ANSWERED_ELSEWHERE)), {}, None),
        (
            (an_ended_pause(PauseEnd.CLOSED_BY_ECS),),
            {"alarm_status": "TRIGGERED", "alarms_triggered": ("errors",)},
            ALARM,
        ),
        ((an_ended_pause(PauseEnd.CLOSED_BY_ECS),), {"breaker_status": "TRIGGERED"}, None),
        ((), {"hooks": (SMOKE_FAILED,)}, SMOKE),
        ((), {"hooks": (SMOKE_FAILED, a_lambda_hook("warm", "SUCCEEDED"), LOAD_FAILED)}, BOTH),
        ((), {"hooks": (a_lambda_hook("smoke", "TIMED_OUT"),)}, SMOKE),
        ((), {"hooks": (a_lambda_hook("smoke", "TIMED_OUT", "CONTINUE"),)}, None),
        ((), {"hooks": (a_lambda_hook("smoke", "IN_PROGRESS"),)}, None),
        ((an_ended_pause(PauseEnd.CLOSED_BY_ECS),), {"hooks": (PAUSE_FAILED, SMOKE_FAILED)}, SMOKE),
        (
            (an_ended_pause(PauseEnd.ANSWERED, HookAction.ROLLBACK),),
            {"hooks": (PAUSE_FAILED, SMOKE_FAILED)},
            PRESSED,
        ),
        ((an_ended_pause(PauseEnd.TIMED_OUT),), {"hooks": (SMOKE_FAILED,)}, NOBODY),
        ((), {"hooks": (SMOKE_FAILED,), "breaker_status": "TRIGGERED"}, None),
    ],
)
def test_the_cause(pauses: tuple[Pause, ...], more: dict[str, Any], cause: str | None) -> None:
    deploy = at_a_pause(*pauses)
    if not pauses:
        deploy = deploy.evolve(traffic=None)
    service_deployment = replace(
        a_service_deployment("ROLLBACK_IN_PROGRESS"), rollback_reason="It went back.", **more
    )

    assert find_known_cause(deploy, service_deployment) == cause


@pytest.mark.parametrize("status", sorted(ecs_enum_values("ServiceDeploymentRollbackMonitorsStatus")))
def test_only_an_alarm_that_rang_is_a_cause(status: str) -> None:
    service_deployment = replace(
        a_service_deployment("ROLLBACK_IN_PROGRESS"), alarm_status=status, alarms_triggered=("errors",)
    )

    assert find_known_cause(at_a_pause(an_ended_pause(PauseEnd.ANSWERED_ELSEWHERE)), service_deployment) == (
        ALARM if status == "TRIGGERED" else None
    )


def test_where_ecs_shows_no_record_nothing_is_known() -> None:
    assert find_known_cause(at_a_pause(an_ended_pause(PauseEnd.TIMED_OUT)), None) is None


BREAKER = "Service deployment rolled back because the circuit breaker threshold was exceeded."
NETWORK = (
    "Service deployment rolled back because of invalid networking configuration. One or more rules not found"
)
LISTENER_ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/alb/1/2"
LISTENER_DENIED = (
    "Service deployment rolled back because TEST_TRAFFIC_SHIFT lifecycle hook(s) failed. User: "
    "arn:aws:sts::123456789012:assumed-role/elb/ECSNetworkingWithELB is not authorized to perform: "
    f"elasticloadbalancing:ModifyListener on resource: {LISTENER_ARN}"
)
PULL_DENIED = (
    "Service deployment rolled back because PRE_SCALE_UP lifecycle hook(s) failed. denied: requested "
    "access to the resource is denied"
)


@pytest.mark.parametrize(
    ("ecs_reason", "expected"),
    [
        (
            "Service deployment rolled back by user.",
            "a person or tool stopped the rollout in ECS ({}).",
        ),
        (BREAKER, "ECS gave up on the new revision and rolls back by itself ({})."),
        (
            "Service deployment rolled back because of one or more active alarms.",
            "ECS gave up on the new revision and rolls back by itself ({}).",
        ),
        (NETWORK, "ECS gave up on the new revision and rolls back by itself ({})."),
        (LISTENER_DENIED, "ECS gave up on the new revision and rolls back by itself ({})."),
        (PULL_DENIED, "ECS gave up on the new revision and rolls back by itself ({})."),
        ("Rolled back upon operator's wish.", "ECS rolls the new revision back ({})."),
        ("", "ECS rolls the new revision back."),
    ],
)
@pytest.mark.parametrize("where", ["rollback_reason", "reason"])
def test_ecs_own_words_are_taken_for_no_more_than_they_say(
    ecs_reason: str, expected: str, where: str
) -> None:
    words: dict[str, Any] = {where: ecs_reason}
    service_deployment = replace(a_service_deployment("ROLLBACK_IN_PROGRESS"), **words)

    assert ecs_rollback_reason(a_deploy(), service_deployment, None) == expected.format(
        ecs_reason.rstrip(".")
    )


@pytest.mark.parametrize(
    ("state", "ecs_reason", "expected"),
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
    state: str, ecs_reason: str, expected: str
) -> None:
    ours = replace(a_deployment(state=state, reason=ecs_reason), status="ACTIVE")
    deploy = a_deploy(ecs={"deployment_id": ours.id})

    assert ecs_rollback_reason(deploy, None, service_with(ours)) == expected
