"""The message that called people to a question says how that ended, once it has."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.records.approval import Cancel, Decision, Verdict
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import QuestionKind, QuestionRef, ThreadMessageKind
from deploys.records.traffic import HookAction, Pause, PauseAnswer, PauseEnd, TrafficShift
from sandbox.slack.client_types import MessageJson
from tests.builders import NOW, a_batch, a_deploy, a_native_service, a_stop_start_service
from tests.workers.thread.publisher_harness import PublisherHarness
from workers.messages.question_end import question_end
from workers.thread.card_buttons import open_question_values

ALICE, BOB, DAVE = "U01ALICE00", "U02BOB0000", "U04DAVE000"
FIRST = QuestionRef(kind=QuestionKind.APPROVAL, number=1)
ASKED: dict[str, Any] = {"phase": Phase.AWAITING_APPROVAL, "approval": {"question": 1}}
BY_BOB = {"decisions": (Decision(user=BOB, verdict=Verdict.APPROVED, at=NOW),)}
NOT_BY_BOB = {"decisions": (Decision(user=BOB, verdict=Verdict.REJECTED, at=NOW),)}
WITH_REASON = {"decisions": (Decision(user=BOB, verdict=Verdict.REJECTED, at=NOW, reason="the wrong <tag>"),)}
CANCEL = Cancel(user=ALICE, at=NOW)
APPROVED_TEXT = f"<@{ALICE}> asked to deploy `ledger` `1.4.2`. *Approved* by <@{BOB}>."


def asked_deploy(**changes: Any) -> Deploy:
    return a_deploy(a_stop_start_service(), **ASKED).evolve(**changes)


@pytest.mark.parametrize(
    ("changes", "end"),
    [
        ({}, ""),
        ({"approval": BY_BOB}, f"*Approved* by <@{BOB}>."),
        ({"approval": BY_BOB, "phase": Phase.FOLLOWING}, f"*Approved* by <@{BOB}>."),
        (
            {"approval": BY_BOB, "phase": Phase.ENDED, "outcome": Outcome.REFUSED},
            f"*Approved* by <@{BOB}>.",
        ),
        ({"approval": NOT_BY_BOB}, f"*Rejected* by <@{BOB}>."),
        ({"approval": WITH_REASON}, f"*Rejected* by <@{BOB}>: the wrong &lt;tag&gt;."),
        (
            {"cancel": CANCEL.evolve(reason="not today")},
            f"*Cancelled* by <@{ALICE}> before it was decided: not today.",
        ),
        (
            {"approval": NOT_BY_BOB, "phase": Phase.ENDED, "outcome": Outcome.REJECTED},
            f"*Rejected* by <@{BOB}>.",
        ),
        ({"cancel": CANCEL}, f"*Cancelled* by <@{ALICE}> before it was decided."),
        (
            {"cancel": CANCEL, "phase": Phase.ENDED, "outcome": Outcome.CANCELLED},
            f"*Cancelled* by <@{ALICE}> before it was decided.",
        ),
        ({"phase": Phase.ENDED, "outcome": Outcome.EXPIRED}, "*Expired*: nobody decided in time."),
        (
            {"phase": Phase.ENDED, "outcome": Outcome.REFUSED},
            "*Closed* without a decision: `ledger` `1.4.2` was refused.",
        ),
        (
            {"phase": Phase.ENDED, "outcome": Outcome.SUPERSEDED},
            "*Closed* without a decision: `ledger` `1.4.2` was superseded.",
        ),
        (
            {"phase": Phase.WAITING},
            "*Closed*: another deploy went first. This one is planned again, and then asked about again.",
        ),
        ({"phase": Phase.DRAINING}, "*Closed* without a decision: it had begun already."),
        (
            {"approval": {"question": 2}},
            "*Replaced* by a newer question, because what would happen changed after this one was shown.",
        ),
    ],
)
def test_how_an_approval_question_ended(changes: dict[str, Any], end: str) -> None:
    text = question_end(asked_deploy(**changes), FIRST)

    assert text == (f"<@{ALICE}> asked to deploy `ledger` `1.4.2`. {end}" if end else "")


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("outcome", [None, *Outcome])
def test_the_message_calls_people_exactly_as_long_as_the_card_has_the_buttons(
    phase: Phase, outcome: Outcome | None
) -> None:
    for decisions in ({}, BY_BOB, NOT_BY_BOB):
        deploy = asked_deploy(phase=phase, outcome=outcome, approval=decisions)
        is_open = bool(open_question_values(deploy)) and deploy.in_progress
        assert (question_end(deploy, FIRST) == "") == is_open


def paused(end: PauseEnd | None = None, answer: HookAction | None = None, **changes: Any) -> Deploy:
    pause = Pause(
        hook_id="h",
        stage="POST_TEST_TRAFFIC_SHIFT",
        since=NOW,
        expires_at=NOW + 60,
        timeout_action=HookAction.ROLLBACK,
        answer=PauseAnswer(user=BOB, action=answer, at=NOW) if answer else None,
        end=end,
    )
    deploy = a_deploy(a_native_service(), phase=Phase.FOLLOWING, traffic=TrafficShift(pauses=(pause,)))
    return deploy.evolve(**changes)


@pytest.mark.parametrize(
    ("deploy", "end"),
    [
        (paused(), ""),
        (paused(answer=HookAction.CONTINUE), f"<@{BOB}> pressed *Continue*."),
        (paused(PauseEnd.ANSWERED, HookAction.CONTINUE), f"<@{BOB}> pressed *Continue*."),
        (paused(PauseEnd.ANSWERED, HookAction.ROLLBACK), f"<@{BOB}> pressed *Roll back*."),
        (paused(PauseEnd.ANSWERED_ELSEWHERE), "Somebody let it continue outside Slipway."),
        (paused(PauseEnd.TIMED_OUT), "Nobody answered the pause in time, so ECS rolls back by itself."),
        (
            paused(PauseEnd.CLOSED_BY_ECS),
            "The rollout does not go on, so nobody needs to answer any more.",
        ),
        (paused(cancel=CANCEL), f"<@{ALICE}> cancelled it before anybody answered."),
        (paused(phase=Phase.ENDED, outcome=Outcome.SUPERSEDED), "Nobody needs to answer any more."),
    ],
)
def test_how_a_pause_ended(deploy: Deploy, end: str) -> None:
    text = question_end(deploy, QuestionRef(kind=QuestionKind.PAUSE, number=1))

    assert text.endswith(end)
    assert bool(text) == bool(end)


def ask(harness: PublisherHarness, deploy_id: str, number: int = 1) -> None:
    """A step opens a question."""
    harness.store.amend(
        deploy_id,
        lambda deploy: deploy.with_message(
            harness.clock(),
            ThreadMessageKind.QUESTION,
            f"<@{BOB}>: question {number}",
            broadcast=True,
            question=QuestionRef(kind=QuestionKind.APPROVAL, number=number),
        ).evolve(phase=Phase.AWAITING_APPROVAL, approval={"question": number, "decisions": ()}),
        by="slipway",
        what="asked",
    )


def asked(harness: PublisherHarness) -> str:
    deploy_id = harness.request(service=a_stop_start_service())
    ask(harness, deploy_id)
    harness.run_until_published()
    return deploy_id


def question_messages(harness: PublisherHarness, deploy_id: str) -> list[MessageJson]:
    view = harness.view(deploy_id)
    timestamps = [each.ts for each in view.question_replies]
    return [m for m in harness.slack.replies("C01DEPLOYS", view.thread_ts) if m["ts"] in timestamps]


def question_texts(harness: PublisherHarness, deploy_id: str) -> list[str]:
    return [each["text"] for each in question_messages(harness, deploy_id)]


def test_it_says_who_decided_and_is_edited_once(harness: PublisherHarness) -> None:
    deploy_id = asked(harness)
    harness.add_message(deploy_id, "something else", request={"reason": "another change"})
    harness.run_until_published()
    assert question_texts(harness, deploy_id) == [f"<@{BOB}>: question 1"]

    harness.change(deploy_id, approval=BY_BOB)
    harness.run_until_published()
    assert question_texts(harness, deploy_id) == [APPROVED_TEXT]
    edits = harness.call_count("chat.update")
    harness.add_message(deploy_id, "and more")
    harness.end(deploy_id, outcome=Outcome.SUCCEEDED)
    harness.run_until_published()

    assert question_texts(harness, deploy_id) == [APPROVED_TEXT]
    assert harness.call_count("chat.update") == edits + 1, "the card, at its end"


def test_every_message_that_called_people_to_it_says_who_decided(harness: PublisherHarness) -> None:
    """Somebody who may not decide has asked an approver meanwhile."""
    deploy_id = asked(harness)
    again = f"<@{BOB}>: <@{ALICE}> asks for a decision"
    harness.run(5)
    harness.store.amend(
        deploy_id,
        lambda found: found.with_message(
            harness.clock(),
            ThreadMessageKind.QUESTION,
            again,
            question=QuestionRef(kind="approval", number=1),
        ),
        by=ALICE,
        what="approvers asked",
    )
    harness.run_until_published()
    assert question_texts(harness, deploy_id) == [f"<@{BOB}>: question 1", again]

    harness.change(deploy_id, approval=BY_BOB)
    harness.run_until_published()
    assert question_texts(harness, deploy_id) == [APPROVED_TEXT, APPROVED_TEXT]

    harness.change(deploy_id, approval={"decisions": ()})
    harness.run_until_published()
    assert question_texts(harness, deploy_id) == [f"<@{BOB}>: question 1", again]


def test_a_void_question_says_that_it_was_replaced(harness: PublisherHarness) -> None:
    deploy_id = asked(harness)
    harness.change(deploy_id, approval=BY_BOB, phase=Phase.REGISTERING)
    harness.run(30)
    assert question_texts(harness, deploy_id) == [APPROVED_TEXT]

    ask(harness, deploy_id, number=2)
    harness.run_until_published()

    first, second = question_texts(harness, deploy_id)
    assert "*Replaced* by a newer question" in first
    assert second == f"<@{BOB}>: question 2"


def test_an_answer_that_does_not_count_opens_it_again(harness: PublisherHarness) -> None:
    deploy_id = asked(harness)
    harness.change(deploy_id, approval=BY_BOB)
    harness.run_until_published()

    harness.change(deploy_id, approval={"decisions": ()})
    harness.run_until_published()

    assert question_texts(harness, deploy_id) == [f"<@{BOB}>: question 1"]


def test_each_message_about_one_question_is_edited_and_gets_its_own_text_back(
    harness: PublisherHarness,
) -> None:
    deploy_id = asked(harness)
    harness.add_message(deploy_id, "asks for a decision", ThreadMessageKind.QUESTION, question=FIRST)
    harness.run_until_published()

    harness.change(deploy_id, approval=BY_BOB)
    harness.run_until_published()
    assert question_texts(harness, deploy_id) == [APPROVED_TEXT] * 2

    harness.change(deploy_id, approval={"decisions": ()})
    harness.run_until_published()
    assert question_texts(harness, deploy_id) == [f"<@{BOB}>: question 1", "asks for a decision"]


@pytest.mark.parametrize("fault", ["outage", "refused"])
def test_an_outage_delays_the_edit_and_nothing_forgets_it(harness: PublisherHarness, fault: str) -> None:
    deploy_id = asked(harness)
    if fault == "outage":
        harness.slack.add_fault("outage", seconds=3600)
    else:
        harness.slack.add_fault("error", method="chat.update", error="invalid_arguments", times=8)
    harness.end(deploy_id, approval=BY_BOB, outcome=Outcome.SUCCEEDED)
    harness.run(300)
    harness.slack.clear_faults()

    harness.run_until_published()

    assert question_texts(harness, deploy_id) == [APPROVED_TEXT]


def test_a_question_that_ended_before_slack_could_show_it_calls_nobody(harness: PublisherHarness) -> None:
    deploy_id = harness.request(service=a_stop_start_service())
    harness.run_until_published()
    ask(harness, deploy_id)
    harness.change(deploy_id, approval=BY_BOB)

    harness.run_until_published()

    [message] = question_messages(harness, deploy_id)
    assert message["text"] == APPROVED_TEXT
    assert message.get("subtype") != "thread_broadcast"


def test_a_question_that_somebody_deleted_is_let_go(harness: PublisherHarness) -> None:
    deploy_id = asked(harness)
    harness.slack.add_fault("error", method="chat.update", error="message_not_found", times=2)
    harness.change(deploy_id, approval=BY_BOB)
    card = harness.view(deploy_id).ts

    harness.run_until_published()

    assert harness.view(deploy_id).question_replies == () or harness.view(deploy_id).ts != card


def test_in_a_batch_each_question_ends_by_itself(harness: PublisherHarness) -> None:
    services = [a_stop_start_service(name) for name in ("ledger", "billing")]
    batch, deploys = a_batch(
        *(a_deploy(each, request={"requested_at": harness.clock() - 10}) for each in services)
    )
    harness.store.submit_batch(batch, deploys)
    for each in deploys:
        ask(harness, each.id)
    harness.run_until_published()

    harness.change(deploys[1].id, approval=NOT_BY_BOB)
    harness.run_until_published()

    texts = question_texts(harness, batch.id)
    assert texts == [
        f"`ledger`: <@{BOB}>: question 1",
        f"<@{ALICE}> asked to deploy `billing` `1.4.2`. *Rejected* by <@{BOB}>.",
    ]
