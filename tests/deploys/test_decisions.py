"""What people decide, as tables: the state of a deploy, the click, what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploys.decisions import (
    approvals_missing,
    decide,
    is_approved,
    is_service_untouched,
    request_cancel,
)
from deploys.deploy_text import status_text
from deploys.errors import (
    AlreadyCancelled,
    AlreadyDecided,
    AlreadyRollingBack,
    PlanChanged,
    QuestionClosed,
    Refused,
    TooLateToCancel,
)
from deploys.records.approval import Cancel, Decision, Verdict
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from tests.builders import NOW, a_deploy, a_stop_start_service

ALICE, BOB, DAVE = "U01ALICE00", "U02BOB0000", "U04DAVE000"
YES, NO = Verdict.APPROVED, Verdict.REJECTED


def a_decision(user: str, verdict: Verdict = YES) -> Decision:
    return Decision(user=user, verdict=verdict, at=NOW)


def a_question(approvals: int = 1, self_approval: bool = False, **changes: Any) -> Deploy:
    """A deploy by alice whose second question is open for another minute."""
    service = a_stop_start_service(approvals=approvals, self_approval=self_approval)
    approval = {"question": 2, "expires_at": NOW + 60}
    asked = a_deploy(service, phase=Phase.AWAITING_APPROVAL, approval=approval)
    return asked.evolve(**changes)


def test_an_answer_is_added_to_the_others() -> None:
    deploy = a_question(approvals=2, approval={"decisions": (a_decision(BOB),)})

    decided = decide(deploy, DAVE, YES, 2, NOW)

    assert [(each.user, each.verdict, each.at) for each in decided.approval.decisions] == [
        (BOB, YES, NOW),
        (DAVE, YES, NOW),
    ]
    assert decided.phase is Phase.AWAITING_APPROVAL, "a worker moves it on"


def test_whoever_approved_may_still_reject_while_others_are_awaited() -> None:
    decided = decide(a_question(approvals=2, approval={"decisions": (a_decision(BOB),)}), BOB, NO, 2, NOW)

    assert not is_approved(decided)


@pytest.mark.parametrize(
    ("deploy", "question", "error", "sentence"),
    [
        (
            a_question(approval={"decisions": (a_decision(BOB),)}),
            2,
            AlreadyDecided,
            f"Already decided: approved by <@{BOB}>.",
        ),
        (
            a_question(approval={"decisions": (a_decision(BOB, NO),)}),
            2,
            AlreadyDecided,
            f"Already decided: rejected by <@{BOB}>.",
        ),
        (
            a_question(phase=Phase.DRAINING, approval={"decisions": (a_decision(BOB),)}),
            2,
            AlreadyDecided,
            f"Already decided: approved by <@{BOB}>.",
        ),
        (
            a_question(
                phase=Phase.ENDED, outcome=Outcome.REJECTED, approval={"decisions": (a_decision(BOB, NO),)}
            ),
            2,
            AlreadyDecided,
            f"Already decided: rejected by <@{BOB}>.",
        ),
        (
            a_question(approvals=2, approval={"decisions": (a_decision(DAVE),)}),
            2,
            AlreadyDecided,
            "Already decided: you approved this, and it needs 1 approval more, by somebody else.",
        ),
        (
            a_question(
                approvals=2,
                phase=Phase.ENDED,
                outcome=Outcome.EXPIRED,
                approval={"decisions": (a_decision(BOB),)},
            ),
            2,
            QuestionClosed,
            "This question is closed: the deploy expired. Nothing was changed by your click.",
        ),
        (
            a_question(phase=Phase.ENDED, outcome=Outcome.CANCELLED),
            2,
            QuestionClosed,
            "This question is closed: the deploy was cancelled. Nothing was changed by your click.",
        ),
        (
            a_question(phase=Phase.PLANNING),
            2,
            QuestionClosed,
            "This question is closed: the deploy is being planned. Nothing was changed by your click.",
        ),
        (
            a_question(cancel=Cancel(user=ALICE, at=NOW)),
            2,
            QuestionClosed,
            f"This question is closed: the deploy is being cancelled, as <@{ALICE}> asked. Nothing was "
            "changed by your click.",
        ),
        (
            a_question(approval={"expires_at": NOW}),
            2,
            QuestionClosed,
            "This question is closed: the deploy was not decided in time and expires. Nothing was changed "
            "by your click.",
        ),
        (
            a_question(),
            1,
            PlanChanged,
            "The plan changed after it was shown, so this answer does not count. The new question is in "
            "the thread.",
        ),
    ],
)
def test_an_answer_that_does_not_count_says_why(
    deploy: Deploy, question: int, error: type[Refused], sentence: str
) -> None:
    with pytest.raises(error) as refused:
        decide(deploy, DAVE, YES, question, NOW)

    assert refused.value.message == sentence


@pytest.mark.parametrize("phase", [each for each in Phase if each is not Phase.AWAITING_APPROVAL])
def test_no_phase_but_one_takes_answers(phase: Phase) -> None:
    with pytest.raises(QuestionClosed):
        decide(a_question(phase=phase), BOB, YES, 2, NOW)


@pytest.mark.parametrize(
    ("approvals", "self_approval", "decisions", "enough", "more"),
    [
        (0, False, (), True, 0),
        (1, False, (), False, 1),
        (1, False, (a_decision(BOB),), True, 0),
        (1, False, (a_decision(ALICE),), False, 1),
        (1, True, (a_decision(ALICE),), True, 0),
        (2, False, (a_decision(BOB), a_decision(BOB)), False, 1),
        (2, False, (a_decision(BOB), a_decision(DAVE)), True, 0),
        (2, False, (a_decision(BOB), a_decision(ALICE)), False, 1),
        (1, False, (a_decision(BOB), a_decision(DAVE, NO)), False, 0),
        (1, False, (a_decision(BOB, NO), a_decision(DAVE)), False, 0),
    ],
)
def test_what_is_enough(
    approvals: int, self_approval: bool, decisions: tuple[Decision, ...], enough: bool, more: int
) -> None:
    deploy = a_question(approvals, self_approval, approval={"decisions": decisions})

    assert (is_approved(deploy), approvals_missing(deploy)) == (enough, more)


people = st.sampled_from([ALICE, BOB, DAVE, "U05ERIN000"])


@given(st.integers(1, 3), st.lists(st.tuples(people, st.sampled_from(Verdict)), max_size=8))
def test_in_whatever_order_people_click_the_count_is_honest(
    approvals: int, clicks: list[tuple[str, Verdict]]
) -> None:
    deploy = a_question(approvals)
    for user, verdict in clicks:
        try:
            deploy = decide(deploy, user, verdict, 2, NOW)
        except AlreadyDecided:
            continue

    yes = {each.user for each in deploy.approval.decisions if each.verdict is YES} - {ALICE}
    no = [each for each in deploy.approval.decisions if each.verdict is NO]
    assert is_approved(deploy) == (len(yes) >= approvals and not no)
    assert len(no) <= 1, "nothing is taken after a rejection"
    assert len(yes) <= approvals, "nothing is taken after the last approval"


@pytest.mark.parametrize("phase", [each for each in Phase if each not in (Phase.SETTLING, Phase.ENDED)])
def test_every_open_phase_can_be_cancelled(phase: Phase) -> None:
    cancelled = request_cancel(a_deploy(phase=phase), BOB, NOW)

    assert cancelled.cancel == Cancel(user=BOB, at=NOW)
    assert cancelled.phase is phase


@pytest.mark.parametrize(
    ("deploy", "error"),
    [
        (a_deploy(phase=Phase.SETTLING, outcome=Outcome.SUCCEEDED), TooLateToCancel),
        (a_deploy(phase=Phase.ENDED, outcome=Outcome.FAILED), TooLateToCancel),
        (a_deploy(cancel=Cancel(user=ALICE, at=NOW)), AlreadyCancelled),
        (a_deploy(phase=Phase.RESTORING, rollback={"outcome": Outcome.ROLLED_BACK}), AlreadyRollingBack),
        (a_deploy(phase=Phase.FOLLOWING_ROLLBACK, rollback={"outcome": Outcome.FAILED}), AlreadyRollingBack),
    ],
)
def test_what_cannot_be_cancelled(deploy: Deploy, error: type[Refused]) -> None:
    with pytest.raises(error):
        request_cancel(deploy, BOB, NOW)


UNTOUCHED_PHASES = {
    Phase.WAITING,
    Phase.PLANNING,
    Phase.AWAITING_APPROVAL,
    Phase.REGISTERING,
    Phase.RUNNING_PRE_TASK,
    Phase.RUNNING_COMMAND,
    Phase.SAVING_RESTORE_POINT,
}


def test_untouched_is_said_only_where_the_service_cannot_have_changed() -> None:
    assert {phase for phase in Phase if is_service_untouched(a_deploy(phase=phase))} == UNTOUCHED_PHASES
    assert not is_service_untouched(a_deploy(phase=Phase.REGISTERING, ecs={"update_tried": True}))


def test_a_known_outcome_is_said_instead_of_the_phase() -> None:
    assert status_text(a_deploy(phase=Phase.SETTLING, outcome=Outcome.SUCCEEDED)) == "succeeded"
