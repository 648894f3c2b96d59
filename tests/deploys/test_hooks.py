"""What people answer at a pause, as tables: the state of a deploy, the click, what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.deploy import Cancel, Deploy, Outcome, Phase
from deploys.errors import PauseAnswered, PauseOver, QuestionClosed, Refused
from deploys.hooks import answer
from deploys.pauses import answerers, paused, paused_elsewhere, unanswered
from deploys.standing import standing
from deploys.traffic import HookAction, Pause, PauseAnswer, PauseEnd, Shift, TrafficPlan
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
    shift = Shift(stage="POST_TEST_TRAFFIC_SHIFT", pauses=pauses or (a_pause(),))
    return a_deploy(a_native_service(), **{"phase": Phase.FOLLOWING, "shift": shift, **changes})


def by(user: str, action: HookAction = CONTINUE) -> PauseAnswer:
    return PauseAnswer(user=user, action=action, at=NOW)


@pytest.mark.parametrize("action", list(HookAction))
def test_the_first_answer_is_written_down(action: HookAction) -> None:
    answered = answer(at_a_pause(), BOB, action, 1, NOW)

    assert answered.shift
    assert answered.shift.pauses[0].answer == by(BOB, action)
    assert answered.phase is Phase.FOLLOWING, "a worker tells ECS"
    assert unanswered(answered) is None


@pytest.mark.parametrize(
    ("deploy", "pause", "error", "sentence"),
    [
        (
            at_a_pause(a_pause(answer=by(DAVE, ROLLBACK))),
            1,
            PauseAnswered,
            f"Already answered: <@{DAVE}> pressed *Roll back*.",
        ),
        (
            at_a_pause(a_pause(answer=by(DAVE), end=PauseEnd.ANSWERED), a_pause(hook_id="h2")),
            1,
            PauseAnswered,
            f"Already answered: <@{DAVE}> pressed *Continue*.",
        ),
        (
            at_a_pause(a_pause(answer=by(DAVE), expires_at=NOW)),
            1,
            PauseAnswered,
            f"Already answered: <@{DAVE}> pressed *Continue*.",
        ),
        (
            at_a_pause(a_pause(expires_at=NOW)),
            1,
            PauseOver,
            "This pause is over: its time ran out, and ECS rolls back by itself. Nothing was changed by your "
            "click.",
        ),
        (
            at_a_pause(a_pause(end=PauseEnd.TIMED_OUT, timeout_action=CONTINUE)),
            1,
            PauseOver,
            "This pause is over: its time ran out, and ECS continues by itself. Nothing was changed by your "
            "click.",
        ),
        (
            at_a_pause(a_pause(end=PauseEnd.ELSEWHERE)),
            1,
            PauseOver,
            "This pause is over: somebody continued it outside Slipway. Nothing was changed by your click.",
        ),
        (
            at_a_pause(a_pause(end=PauseEnd.CALLED_OFF)),
            1,
            PauseOver,
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
            at_a_pause(reason="an alarm."),
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
            at_a_pause(shift=None),
            1,
            QuestionClosed,
            "This question is closed: the deploy rolls out. Nothing was changed by your click.",
        ),
    ],
)
def test_answers_that_do_not_count(deploy: Deploy, pause: int, error: type[Refused], sentence: str) -> None:
    with pytest.raises(error) as refused:
        answer(deploy, BOB, CONTINUE, pause, NOW)

    assert refused.value.message == sentence


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.FOLLOWING])
def test_outside_the_rollout_no_pause_waits(phase: Phase) -> None:
    assert unanswered(at_a_pause(phase=phase)) is None


GONE: list[dict[str, Any]] = [
    {"cancel": Cancel(user=ALICE, at=NOW)},
    {"reason": "an alarm."},
    {"outcome": Outcome.SUPERSEDED},
    {"shift": None},
]


@pytest.mark.parametrize("changes", GONE)
def test_who_withdrew_goes_back_or_ended_waits_for_nobody(changes: dict[str, Any]) -> None:
    assert paused(at_a_pause(**changes)) is None


@pytest.mark.parametrize("changes", GONE[1:])
def test_nor_does_a_foreign_rollout(changes: dict[str, Any]) -> None:
    foreign = at_a_pause(phase=Phase.LOOKING_ON)

    assert paused(foreign) is None
    assert paused_elsewhere(foreign) is not None
    assert paused_elsewhere(foreign.evolve(**changes)) is None
    assert paused_elsewhere(at_a_pause()) is None


@pytest.mark.parametrize(
    ("approvers", "deployers", "who"),
    [((BOB,), (DAVE,), (BOB,)), ((), (DAVE,), (DAVE,)), ((), (), ())],
)
def test_who_is_asked(approvers: tuple[str, ...], deployers: tuple[str, ...], who: tuple[str, ...]) -> None:
    service = a_native_service(approvers=approvers, deployers=deployers)

    assert answerers(at_a_pause().evolve(service=service)) == who


def test_status_says_that_it_waits() -> None:
    assert standing(at_a_pause()) == "is paused and waits for an answer, *Continue* or *Roll back*"


@pytest.mark.parametrize(
    ("plan", "waits", "seconds"),
    [
        (TrafficPlan(strategy="BLUE_GREEN", bake=120), 0, 120),
        (TrafficPlan(strategy="CANARY", step_percent=10, step_wait=120, bake=60), 1, 180),
        (TrafficPlan(strategy="CANARY", step_percent=100, step_wait=120, bake=60), 0, 60),
        (TrafficPlan(strategy="LINEAR", step_percent=10, step_wait=60), 9, 540),
        (TrafficPlan(strategy="LINEAR", step_percent=40, step_wait=60), 2, 120),
        (TrafficPlan(strategy="LINEAR", step_percent=33.4, step_wait=60), 2, 120),
        (TrafficPlan(strategy="LINEAR", step_percent=0.1, step_wait=1), 999, 999),
    ],
)
def test_how_long_a_configuration_waits(plan: TrafficPlan, waits: int, seconds: int) -> None:
    assert (plan.waits, plan.waiting) == (waits, seconds)
