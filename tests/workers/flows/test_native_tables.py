"""Stages, hooks, alarms and strategies, over every value of the enums that are read."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.catalogue.service import Strategy
from deploys.errors import EcsShiftsNoTraffic, EcsShiftsTraffic, EcsStrategyUnknown
from deploys.traffic import HookAction, PauseAnswer, PauseEnd
from tests.builders import NOW, a_service
from tests.deploys.test_hooks import a_pause
from tests.workers.flows.test_rollout import a_deployment, enum, own, service_with
from workers.ecs.seen import HookSeen, ServiceDeploymentSeen
from workers.ecs.traffic import SHIFTS
from workers.flows.causes import ALARM_RANG
from workers.flows.pauses import STAND_BY_HOOK, how_it_ended
from workers.flows.strategies import SHIFTS_TRAFFIC, check_strategy
from workers.flows.words import stages

CONTINUE, ROLLBACK = HookAction.CONTINUE, HookAction.ROLLBACK


@pytest.mark.parametrize(
    ("known", "name"),
    [
        (set(stages.DOING), "ServiceDeploymentLifecycleStage"),
        (set(stages.AT), "DeploymentLifecycleHookStage"),
        (set(SHIFTS_TRAFFIC), "DeploymentStrategy"),
        (set(STAND_BY_HOOK), "DeploymentLifecycleHookStatus"),
        (set(ALARM_RANG), "ServiceDeploymentRollbackMonitorsStatus"),
        ({action.value for action in HookAction}, "DeploymentLifecycleHookAction"),
    ],
)
def test_every_value_of_ecs_has_its_answer(known: set[str], name: str) -> None:
    more = enum("ServiceDeploymentLifecycleStage") if name == "DeploymentLifecycleHookStage" else set()
    assert known == enum(name) | more


def test_every_strategy_that_shifts_is_read_as_one() -> None:
    assert {name for name, shifts in SHIFTS_TRAFFIC.items() if shifts} == set(SHIFTS)


@pytest.mark.parametrize("strategy", list(Strategy))
@pytest.mark.parametrize("in_ecs", [*sorted(SHIFTS_TRAFFIC), "SIDEWAYS"])
def test_services_yml_and_ecs_have_to_agree(strategy: Strategy, in_ecs: str) -> None:
    service = a_service("shop", strategy=strategy)
    seen = service_with(a_deployment())
    seen = type(seen)(**{**vars(seen), "strategy": in_ecs})
    native, shifts = strategy is Strategy.NATIVE, SHIFTS_TRAFFIC.get(in_ecs)

    if shifts is None:
        with pytest.raises(EcsStrategyUnknown):
            check_strategy(service, seen)
    elif shifts and not native:
        with pytest.raises(EcsShiftsTraffic):
            check_strategy(service, seen)
    elif native and not shifts:
        with pytest.raises(EcsShiftsNoTraffic):
            check_strategy(service, seen)
    else:
        check_strategy(service, seen)


def at(stage: str = "POST_TEST_TRAFFIC_SHIFT", *hooks: HookSeen) -> ServiceDeploymentSeen:
    seen = own("IN_PROGRESS")
    return type(seen)(**{**vars(seen), "stage": stage, "hooks": hooks})


@pytest.mark.parametrize(
    ("status", "said", "going_back", "end"),
    [
        ("AWAITING_ACTION", None, False, None),
        ("AWAITING_ACTION", CONTINUE, False, None),
        ("AWAITING_ACTION", None, True, PauseEnd.CALLED_OFF),
        ("AWAITING_ACTION", ROLLBACK, True, PauseEnd.ANSWERED),
        ("IN_PROGRESS", CONTINUE, False, None),
        ("SUCCEEDED", CONTINUE, False, PauseEnd.ANSWERED),
        ("SUCCEEDED", CONTINUE, True, PauseEnd.ANSWERED),
        ("SUCCEEDED", ROLLBACK, False, PauseEnd.ELSEWHERE),
        ("SUCCEEDED", None, False, PauseEnd.ELSEWHERE),
        ("FAILED", ROLLBACK, True, PauseEnd.ANSWERED),
        ("FAILED", CONTINUE, True, PauseEnd.CALLED_OFF),
        ("FAILED", None, False, PauseEnd.CALLED_OFF),
        ("TIMED_OUT", None, False, PauseEnd.TIMED_OUT),
        ("TIMED_OUT", CONTINUE, True, PauseEnd.TIMED_OUT),
        ("A_NEW_ONE", None, False, None),
    ],
)
def test_how_a_pause_was_left(
    status: str, said: HookAction | None, going_back: bool, end: PauseEnd | None
) -> None:
    answer = PauseAnswer(user="U02BOB0000", action=said, at=NOW, tried=True) if said else None
    pause = a_pause(answer=answer)

    assert how_it_ended(pause, at("x", HookSeen("h1", status)), going_back) is end


def test_an_answer_that_never_went_out_settled_nothing() -> None:
    pause = a_pause(answer=PauseAnswer(user="U02BOB0000", action=CONTINUE, at=NOW))

    assert how_it_ended(pause, at("x", HookSeen("h1", "SUCCEEDED")), going_back=False) is PauseEnd.ELSEWHERE


@pytest.mark.parametrize(
    ("stage", "end"), [("POST_TEST_TRAFFIC_SHIFT", None), ("BAKE_TIME", PauseEnd.ELSEWHERE)]
)
def test_a_hook_that_ecs_no_longer_lists_is_over_once_its_stage_is(stage: str, end: Any) -> None:
    assert how_it_ended(a_pause(), at(stage), going_back=False) is end


def test_a_stage_newer_than_we_are_is_named_as_ecs_names_it() -> None:
    assert stages.doing("WARP") == "in stage `WARP`"
    assert stages.at("WARP") == "at stage `WARP`"
