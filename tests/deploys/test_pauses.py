"""What people answer at a pause, as tables: the state of a deploy, the click, what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.decisions import answer_pause
from deploys.deploy_text import status_text
from deploys.errors import PauseAnswered, PauseClosed, QuestionClosed, Refused
from deploys.pauses import current_pause, external_pause, pause_approvers, unanswered_pause
from deploys.records.approval import Cancel
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.rollback import RollbackCause, RollbackCauseKind
from deploys.records.traffic import HookAction, Pause, PauseAnswer, PauseEnd, TrafficPlan, TrafficShift
from tests.builders import NOW, a_deploy, a_native_service

ALICE, BOB, DAVE = "U01ALICE00", "U02BOB0000", "U04DAVE000"
CONTINUE, ROLLBACK = HookAction.CONTINUE, HookAction.ROLLBACK


def a_pause(**changes: Any) -> Pause:
    """Open for another minute."""
    fields: dict[str, Any] = {
        "hook_id": "h1",
        "stage": "POST_TEST_TRAFFIC_SHIFT",
        "since": NOW - 60,
        "expires_at": NOW + 60,
        "timeout_action": ROLLBACK,
    }
    return Pause(**{**fields, **changes})


def at_a_pause(*pauses: Pause, **changes: Any) -> Deploy:
    """`/deploy shop 1.4.2` by alice, at the last of these pauses."""
    shift = TrafficShift(stage="POST_TEST_TRAFFIC_SHIFT", pauses=pauses or (a_pause(),))
    return a_deploy(a_native_service(), **{"phase": Phase.FOLLOWING, "traffic": shift, **changes})


def an_answer(user: str, action: HookAction = CONTINUE) -> PauseAnswer:
    return PauseAnswer(user=user, action=action, at=NOW)


@pytest.mark.parametrize("action", list(HookAction))
def test_the_first_answer_is_written_down(action: HookAction) -> None:
    answered = answer_pause(at_a_pause(), BOB, action, 1, NOW)

    assert answered.traffic
    assert answered.traffic.pauses[0].answer == an_answer(BOB, action)
    assert answered.phase is Phase.FOLLOWING, "a worker tells ECS"
    assert unanswered_pause(answered) is None


@pytest.mark.parametrize(
    ("deploy", "pause", "error", "sentence"),
    [
        (
            at_a_pause(a_pause(answer=an_answer(DAVE, ROLLBACK))),
            1,
            PauseAnswered,
            f"Already answered: <@{DAVE}> pressed *Roll back*.",
        ),
        (
            at_a_pause(a_pause(answer=an_answer(DAVE), end=PauseEnd.ANSWERED), a_pause(hook_id="h2")),
            1,
            PauseAnswered,
            f"Already answered: <@{DAVE}> pressed *Continue*.",
        ),
        (
            at_a_pause(a_pause(answer=an_answer(DAVE), expires_at=NOW)),
            1,
            PauseAnswered,
            f"Already answered: <@{DAVE}> pressed *Continue*.",
        ),
        (
            at_a_pause(a_pause(expires_at=NOW)),
            1,
            PauseClosed,
            "This pause is over: its time ran out, and ECS rolls back by itself. Nothing was changed by your "
            "click.",
        ),
        (
            at_a_pause(a_pause(end=PauseEnd.TIMED_OUT, timeout_action=CONTINUE)),
            1,
            PauseClosed,
            "This pause is over: its time ran out, and ECS continues by itself. Nothing was changed by your "
            "click.",
        ),
        (
            at_a_pause(a_pause(end=PauseEnd.ANSWERED_ELSEWHERE)),
            1,
            PauseClosed,
            "This pause is over: somebody continued it outside Slipway. Nothing was changed by your click.",
        ),
        (
            at_a_pause(a_pause(end=PauseEnd.CLOSED_BY_ECS)),
            1,
            PauseClosed,
            "This pause is over: ECS closed it, because the rollout does not go on. Nothing was changed by "
            "your click.",
        ),
        (
            at_a_pause(cancel=Cancel(user=ALICE, at=NOW)),
            1,
            QuestionClosed,
            f"This question is closed: the deploy is being cancelled, as <@{ALICE}> asked. Nothing was "
            "changed by your click.",
        ),
        (
            at_a_pause(rollback={"cause": RollbackCause(kind=RollbackCauseKind.ECS, sentence="an alarm.")}),
            1,
            QuestionClosed,
            "This question is closed: the deploy is being rolled back. Nothing was changed by your click.",
        ),
        (
            at_a_pause(phase=Phase.ENDED, outcome=Outcome.SUPERSEDED),
            1,
            QuestionClosed,
            "This question is closed: the deploy was superseded. Nothing was changed by your click.",
        ),
        (
            at_a_pause(),
            2,
            QuestionClosed,
            "This question is closed: the deploy is paused and waits for an answer, *Continue* or *Roll "
            "back*. Nothing was changed by your click.",
        ),
        (
            at_a_pause(traffic=None),
            1,
            QuestionClosed,
            "This question is closed: the deploy rolls out. Nothing was changed by your click.",
        ),
    ],
)
def test_answers_that_do_not_count(deploy: Deploy, pause: int, error: type[Refused], sentence: str) -> None:
    with pytest.raises(error) as refused:
        answer_pause(deploy, BOB, CONTINUE, pause, NOW)

    assert refused.value.message == sentence


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.FOLLOWING])
def test_outside_the_rollout_no_pause_waits(phase: Phase) -> None:
    assert unanswered_pause(at_a_pause(phase=phase)) is None


PAUSE_NO_LONGER_OPEN: list[dict[str, Any]] = [
    {"cancel": Cancel(user=ALICE, at=NOW)},
    {"rollback": {"cause": RollbackCause(kind=RollbackCauseKind.ECS, sentence="an alarm.")}},
    {"outcome": Outcome.SUPERSEDED},
    {"traffic": None},
]


@pytest.mark.parametrize("changes", PAUSE_NO_LONGER_OPEN)
def test_who_withdrew_goes_back_or_ended_waits_for_nobody(changes: dict[str, Any]) -> None:
    assert current_pause(at_a_pause(**changes)) is None


@pytest.mark.parametrize("changes", PAUSE_NO_LONGER_OPEN[1:])
def test_nor_does_a_external_rollout(changes: dict[str, Any]) -> None:
    followed = at_a_pause(phase=Phase.FOLLOWING_EXTERNAL)

    assert current_pause(followed) is None
    assert external_pause(followed) is not None
    assert external_pause(followed.evolve(**changes)) is None
    assert external_pause(at_a_pause()) is None


@pytest.mark.parametrize(
    ("approvers", "deployers", "who"),
    [((BOB,), (DAVE,), (BOB,)), ((), (DAVE,), (DAVE,)), ((), (), ())],
)
def test_who_is_asked(approvers: tuple[str, ...], deployers: tuple[str, ...], who: tuple[str, ...]) -> None:
    service = a_native_service(approvers=approvers, deployers=deployers)

    assert pause_approvers(at_a_pause().evolve(service=service)) == who


def test_status_says_that_it_waits() -> None:
    assert status_text(at_a_pause()) == "is paused and waits for an answer, *Continue* or *Roll back*"


@pytest.mark.parametrize(
    ("plan", "waits", "seconds"),
    [
        (TrafficPlan(strategy="BLUE_GREEN", bake_seconds=120), 0, 120),
        (TrafficPlan(strategy="CANARY", step_percent=10, step_wait_seconds=120, bake_seconds=60), 1, 180),
        (TrafficPlan(strategy="CANARY", step_percent=100, step_wait_seconds=120, bake_seconds=60), 0, 60),
        (TrafficPlan(strategy="LINEAR", step_percent=10, step_wait_seconds=60), 9, 540),
        (TrafficPlan(strategy="LINEAR", step_percent=40, step_wait_seconds=60), 2, 120),
        (TrafficPlan(strategy="LINEAR", step_percent=33.4, step_wait_seconds=60), 2, 120),
        (TrafficPlan(strategy="LINEAR", step_percent=0.1, step_wait_seconds=1), 999, 999),
    ],
)
def test_how_long_a_configuration_waits(plan: TrafficPlan, waits: int, seconds: int) -> None:
    assert (plan.wait_count, plan.wait_seconds) == (waits, seconds)
