"""Stages, hooks, alarms and strategies, over every value of ECS's enums."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.catalogue.service import Strategy
from deploys.errors import EcsStrategyUnknown, StrategyShouldBeNative, StrategyShouldNotBeNative
from deploys.records.traffic import HookAction, PauseAnswer, PauseEnd
from tests.builders import NOW, a_service
from tests.deploys.test_pauses import a_pause
from tests.workers.flows.ecs_state_builders import (
    a_deployment,
    a_service_deployment,
    ecs_enum_values,
    service_with,
)
from workers.ecs.state import HookState, ServiceDeploymentState
from workers.ecs.traffic_config import TRAFFIC_SHIFTING_STRATEGIES
from workers.flows.observe.ecs_rollback_reasons import MONITOR_TRIGGERED
from workers.flows.observe.pause_hooks import STATE_BY_HOOK_STATUS, find_pause_end
from workers.flows.strategies.ecs_strategy import SHIFTS_TRAFFIC
from workers.flows.strategies.registry import STRATEGIES
from workers.messages import traffic

CONTINUE, ROLLBACK = HookAction.CONTINUE, HookAction.ROLLBACK


@pytest.mark.parametrize(
    ("known", "name"),
    [
        (set(traffic.STAGE_ACTIVITIES), "ServiceDeploymentLifecycleStage"),
        (set(traffic.STAGE_MOMENTS), "DeploymentLifecycleHookStage"),
        (set(SHIFTS_TRAFFIC), "DeploymentStrategy"),
        (set(STATE_BY_HOOK_STATUS), "DeploymentLifecycleHookStatus"),
        (set(MONITOR_TRIGGERED), "ServiceDeploymentRollbackMonitorsStatus"),
        ({action.value for action in HookAction}, "DeploymentLifecycleHookAction"),
    ],
)
def test_every_value_of_ecs_has_its_answer(known: set[str], name: str) -> None:
    more = (
        ecs_enum_values("ServiceDeploymentLifecycleStage")
        if name == "DeploymentLifecycleHookStage"
        else set()
    )
    assert known == ecs_enum_values(name) | more


def test_every_strategy_that_shifts_is_read_as_one() -> None:
    assert {name for name, shifts in SHIFTS_TRAFFIC.items() if shifts} == set(TRAFFIC_SHIFTING_STRATEGIES)


@pytest.mark.parametrize("strategy", list(Strategy))
@pytest.mark.parametrize("in_ecs", [*sorted(SHIFTS_TRAFFIC), "SIDEWAYS"])
def test_services_yml_and_ecs_have_to_agree(strategy: Strategy, in_ecs: str) -> None:
    service = a_service("shop", strategy=strategy)
    ecs_service = service_with(a_deployment())
    ecs_service = type(ecs_service)(**{**vars(ecs_service), "strategy": in_ecs})
    native, shifts = strategy is Strategy.NATIVE, SHIFTS_TRAFFIC.get(in_ecs)

    if shifts is None:
        with pytest.raises(EcsStrategyUnknown):
            STRATEGIES[strategy].check_service(service, ecs_service)
    elif shifts and not native:
        with pytest.raises(StrategyShouldBeNative):
            STRATEGIES[strategy].check_service(service, ecs_service)
    elif native and not shifts:
        with pytest.raises(StrategyShouldNotBeNative):
            STRATEGIES[strategy].check_service(service, ecs_service)
    else:
        STRATEGIES[strategy].check_service(service, ecs_service)


def at_stage(stage: str = "POST_TEST_TRAFFIC_SHIFT", *hooks: HookState) -> ServiceDeploymentState:
    service_deployment = a_service_deployment("IN_PROGRESS")
    return type(service_deployment)(**{**vars(service_deployment), "stage": stage, "hooks": hooks})


@pytest.mark.parametrize(
    ("status", "action", "going_back", "end"),
    [
        ("AWAITING_ACTION", None, False, None),
        ("AWAITING_ACTION", CONTINUE, False, None),
        ("AWAITING_ACTION", None, True, PauseEnd.CLOSED_BY_ECS),
        ("AWAITING_ACTION", ROLLBACK, True, PauseEnd.ANSWERED),
        ("IN_PROGRESS", CONTINUE, False, None),
        ("SUCCEEDED", CONTINUE, False, PauseEnd.ANSWERED),
        ("SUCCEEDED", CONTINUE, True, PauseEnd.ANSWERED),
        ("SUCCEEDED", ROLLBACK, False, PauseEnd.ANSWERED_ELSEWHERE),
        ("SUCCEEDED", None, False, PauseEnd.ANSWERED_ELSEWHERE),
        ("FAILED", ROLLBACK, True, PauseEnd.ANSWERED),
        ("FAILED", CONTINUE, True, PauseEnd.CLOSED_BY_ECS),
        ("FAILED", None, False, PauseEnd.CLOSED_BY_ECS),
        ("TIMED_OUT", None, False, PauseEnd.TIMED_OUT),
        ("TIMED_OUT", CONTINUE, True, PauseEnd.TIMED_OUT),
        ("A_NEW_ONE", None, False, None),
    ],
)
def test_how_a_pause_was_left(
    status: str, action: HookAction | None, going_back: bool, end: PauseEnd | None
) -> None:
    answer = PauseAnswer(user="U02BOB0000", action=action, at=NOW, send_tried=True) if action else None
    pause = a_pause(answer=answer)

    assert find_pause_end(pause, at_stage("x", HookState("h1", status)), going_back, NOW) is end


def test_an_answer_that_never_went_out_settled_nothing() -> None:
    pause = a_pause(answer=PauseAnswer(user="U02BOB0000", action=CONTINUE, at=NOW))

    ended = find_pause_end(pause, at_stage("x", HookState("h1", "SUCCEEDED")), rolling_back=False, now=NOW)
    assert ended is PauseEnd.ANSWERED_ELSEWHERE


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED"])
@pytest.mark.parametrize("action", list(HookAction))
def test_an_answer_that_ecs_took_is_what_ended_it(action: HookAction, status: str) -> None:
    """It does not matter which status ECS gives a hook that was told to roll back."""
    pause = a_pause(
        answer=PauseAnswer(user="U02BOB0000", action=action, at=NOW, send_tried=True, accepted_at=NOW)
    )
    service_deployment = at_stage("x", HookState("h1", status))

    assert (
        find_pause_end(pause, service_deployment, rolling_back=action is ROLLBACK, now=NOW)
        is PauseEnd.ANSWERED
    )


HERE, LATER = "POST_TEST_TRAFFIC_SHIFT", "BAKE_TIME"
TRIED = PauseAnswer(user="U02BOB0000", action=CONTINUE, at=NOW, send_tried=True)
TAKEN = TRIED.evolve(accepted_at=NOW)
TRIED_BACK = TRIED.evolve(action=ROLLBACK)


@pytest.mark.parametrize(
    ("stage", "answer", "times_out_to", "going_back", "now", "end"),
    [
        (HERE, None, ROLLBACK, False, NOW, None),
        (HERE, TAKEN, ROLLBACK, False, NOW, PauseEnd.ANSWERED),
        (HERE, TRIED, ROLLBACK, False, NOW, PauseEnd.ANSWERED),
        (HERE, TRIED_BACK, ROLLBACK, False, NOW, None),
        (LATER, None, ROLLBACK, False, NOW, PauseEnd.ANSWERED_ELSEWHERE),
        (LATER, TRIED, ROLLBACK, False, NOW, PauseEnd.ANSWERED),
        (LATER, TRIED_BACK, ROLLBACK, False, NOW, PauseEnd.ANSWERED_ELSEWHERE),
        (LATER, None, CONTINUE, False, NOW + 59, PauseEnd.ANSWERED_ELSEWHERE),
        (LATER, None, CONTINUE, False, NOW + 60, PauseEnd.TIMED_OUT),
        (LATER, None, ROLLBACK, False, NOW + 60, PauseEnd.ANSWERED_ELSEWHERE),
        (LATER, None, ROLLBACK, True, NOW, PauseEnd.CLOSED_BY_ECS),
        (LATER, None, ROLLBACK, True, NOW + 60, PauseEnd.TIMED_OUT),
        (LATER, None, CONTINUE, True, NOW + 60, PauseEnd.CLOSED_BY_ECS),
        (LATER, TRIED_BACK, ROLLBACK, True, NOW, PauseEnd.ANSWERED),
        (HERE, TRIED, ROLLBACK, True, NOW, PauseEnd.CLOSED_BY_ECS),
    ],
)
def test_a_hook_that_ecs_no_longer_lists_is_not_guessed_at(
    stage: str,
    answer: PauseAnswer | None,
    times_out_to: HookAction,
    going_back: bool,
    now: float,
    end: PauseEnd | None,
) -> None:
    pause = a_pause(answer=answer, timeout_action=times_out_to)

    assert find_pause_end(pause, at_stage(stage), going_back, now) is end


@pytest.mark.parametrize(
    ("status", "end"), [("AWAITING_ACTION", PauseEnd.ANSWERED_ELSEWHERE), ("SUCCEEDED", None)]
)
def test_one_that_is_gone_while_another_waits_in_the_same_stage_was_left(status: str, end: Any) -> None:
    """As at each step of a canary, which pauses before it shifts traffic."""
    assert find_pause_end(a_pause(), at_stage(HERE, HookState("h2", status)), False, NOW) is end


def test_a_stage_newer_than_we_are_is_named_as_ecs_names_it() -> None:
    assert traffic.stage_activity("WARP") == "in stage `WARP`"
    assert traffic.stage_moment("WARP") == "at stage `WARP`"
