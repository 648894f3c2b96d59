"""Approve, Reject and Cancel, on the card and in its menu."""

from __future__ import annotations

import json

import pytest

from bot.desk import Desk
from deploys import buttons
from deploys.deploy import Deploy, Outcome, Phase, Verdict
from deploys.groups import KNOWN_SECONDS
from tests.bot.room import ALICE, BOB, CARD, CAROL, DAVE, DEPLOYS, GENERAL, RESPONSE_URL, Room
from tests.builders import a_plan


@pytest.fixture
def asked(room: Room) -> Deploy:
    """`/deploy ledger 1.4.2` by alice, planned, its question open for half an hour."""
    room.type("/deploy ledger 1.4.2")
    deploy = room.move(
        room.only(),
        phase=Phase.AWAITING_APPROVAL,
        plan=a_plan(downtime=True),
        question=1,
        question_expires_at=room.clock() + 1800,
    )
    room.open_thread(deploy)
    room.hush()
    return deploy


def told(room: Room, who: str) -> str:
    """The one thing that was said, and to whom."""
    [(channel, thread, user, text)] = room.said()
    assert (channel, thread, user) == (DEPLOYS, None, who)
    return text


def decisions(room: Room) -> list[tuple[str, Verdict]]:
    return [(each.user, each.verdict) for each in room.only().decisions]


def test_an_approval_is_written_down_and_the_workers_are_rung(room: Room, asked: Deploy) -> None:
    ack = room.click(buttons.APPROVE, asked, by=BOB)

    assert (ack.status, ack.body) == (200, "")
    assert decisions(room) == [(BOB, Verdict.APPROVED)]
    assert room.rung() == [("publish", [asked.id]), ("advance", [asked.id])]


def test_a_rejection_is_written_down(room: Room, asked: Deploy) -> None:
    room.click(buttons.REJECT, asked, by=DAVE)

    assert decisions(room) == [(DAVE, Verdict.REJECTED)]
    assert room.said() == []


def test_the_second_click_is_told_who_was_first(room: Room, asked: Deploy) -> None:
    room.click(buttons.REJECT, asked, by=BOB)
    room.click(buttons.APPROVE, asked, by=DAVE)

    assert decisions(room) == [(BOB, Verdict.REJECTED)]
    assert told(room, DAVE) == f"Already decided: rejected by <@{BOB}>."


def test_one_of_two_approvals_says_that_another_is_needed(room: Room, asked: Deploy) -> None:
    room.move(asked, service=asked.service.model_copy(update={"approvals": 2}))

    room.click(buttons.APPROVE, asked, by=BOB)

    assert told(room, BOB) == (
        "Your approval of `ledger` `1.4.2` counts. It needs 1 approval more, by somebody else."
    )


@pytest.mark.parametrize(
    ("who", "button", "answer"),
    [
        (
            CAROL,
            buttons.APPROVE,
            "You may not decide about `ledger`. Those who may: <!subteam^S02APPROVERS>.",
        ),
        (
            ALICE,
            buttons.APPROVE,
            "You may not decide about `ledger`. Those who may: <!subteam^S02APPROVERS>.",
        ),
        (
            CAROL,
            buttons.CANCEL,
            f"You may not deploy `ledger`. Those who may: <@{ALICE}>, <!subteam^S01DEPLOYERS>, "
            "<!subteam^S02APPROVERS>.",
        ),
    ],
)
def test_who_may_not(room: Room, asked: Deploy, who: str, button: str, answer: str) -> None:
    room.click(button, asked, by=who)

    assert told(room, who) == answer
    assert room.only() == asked


def test_nobody_approves_what_they_asked_for(room: Room) -> None:
    room.type("/deploy ledger 1.4.2", by=DAVE)
    deploy = room.move(room.only(), phase=Phase.AWAITING_APPROVAL, question=1)
    room.hush()

    room.click(buttons.APPROVE, deploy, by=DAVE)
    room.clock.pass_by(1)
    room.click(buttons.REJECT, deploy, by=DAVE)

    assert [text for *_, text in room.said()] == [
        "You asked for this deploy, so somebody else has to approve it: <!subteam^S02APPROVERS>.",
        f"You asked for this deploy, so you withdraw it rather than reject it: `/deploy cancel {deploy.id}`.",
    ]
    assert decisions(room) == []


def test_an_approver_is_refused_while_nobody_knows_the_group(room: Room, asked: Deploy) -> None:
    room.move(asked, question_expires_at=room.clock() + 10_000)
    room.clock.pass_by(KNOWN_SECONDS + 1)

    room.click(buttons.APPROVE, asked, by=BOB)

    assert told(room, BOB).startswith("Slack did not say who is in <!subteam^S02APPROVERS>")
    assert ("groups", []) in room.rung()
    assert decisions(room) == []


def test_an_answer_to_an_earlier_question_does_not_count(room: Room, asked: Deploy) -> None:
    room.move(asked, question=2)

    room.click(buttons.APPROVE, asked, by=BOB, question=1)

    assert told(room, BOB) == (
        "The plan changed after it was shown, so this answer does not count. The new question is in the "
        "thread."
    )


def test_an_answer_after_the_question_expired_does_not_count(room: Room, asked: Deploy) -> None:
    room.clock.pass_by(100)
    room.move(asked, question_expires_at=room.clock())

    room.click(buttons.APPROVE, asked, by=BOB)

    assert told(room, BOB) == (
        "This question is closed: the deploy was not decided in time and expires. Nothing was changed by "
        "your click."
    )


def test_an_answer_to_a_cancelled_deploy_does_not_count(room: Room, asked: Deploy) -> None:
    room.type("/deploy cancel", by=ALICE)
    room.hush()

    room.click(buttons.APPROVE, asked, by=BOB)

    assert told(room, BOB) == (
        f"This question is closed: the deploy is being cancelled, as <@{ALICE}> asked. Nothing was changed "
        "by your click."
    )


def test_a_button_that_outlived_its_deploy_says_how_it_ended(room: Room, asked: Deploy) -> None:
    room.move(asked, phase=Phase.ENDED, outcome=Outcome.EXPIRED, ended_at=room.clock())

    room.click(buttons.APPROVE, asked, by=BOB)

    assert told(room, BOB) == (
        "This question is closed: the deploy expired. Nothing was changed by your click."
    )


def test_cancel_on_the_card_needs_no_words(room: Room, asked: Deploy) -> None:
    room.click(buttons.CANCEL, asked, by=ALICE)

    assert room.only().cancel is not None
    assert room.said() == []


def test_cancel_in_the_menu_of_the_card(room: Room, asked: Deploy) -> None:
    room.click(buttons.MORE, asked, by=BOB, menu=buttons.CANCEL)

    cancel = room.only().cancel
    assert cancel is not None
    assert cancel.user == BOB


def test_cancel_in_a_choice_answers_because_no_card_is_near(room: Room, asked: Deploy) -> None:
    room.click(buttons.CANCEL, asked, by=ALICE, ephemeral=True, message_ts="1700000005.000000")

    assert told(room, ALICE).startswith("Cancelling `ledger` `1.4.2`: nothing of the service was changed")


@pytest.mark.parametrize("where", [{"message_ts": "1700000009.000000"}, {"channel": GENERAL}])
def test_a_second_card_leads_to_the_one_that_counts(room: Room, asked: Deploy, where: dict[str, str]) -> None:
    room.click(buttons.APPROVE, asked, by=BOB, **where)

    [(*_, text)] = room.said()
    assert text == (
        "This message no longer speaks for the deploy, so its buttons do nothing. Use the ones in "
        f"<https://slack.test/{asked.id}|its thread>."
    )
    assert decisions(room) == []


def test_until_the_publisher_knows_its_card_any_card_counts(room: Room) -> None:
    room.type("/deploy ledger 1.4.2")
    deploy = room.move(room.only(), phase=Phase.AWAITING_APPROVAL, question=1)

    room.click(buttons.APPROVE, deploy, by=BOB)

    assert decisions(room) == [(BOB, Verdict.APPROVED)]


def test_a_button_on_the_home_tab_answers_in_the_deploys_channel(room: Room, asked: Deploy) -> None:
    payload = room.click_payload(buttons.APPROVE, asked, by=CAROL)
    payload["container"] = {"type": "view", "view_id": "V1"}
    del payload["channel"]

    room.send_form({"payload": json.dumps(payload)})

    assert told(room, CAROL).startswith("You may not decide about `ledger`.")


def test_a_refused_click_is_answered_by_its_response_url(room: Room, asked: Deploy) -> None:
    room.click(buttons.APPROVE, asked, by=CAROL)

    assert told(room, CAROL).startswith("You may not decide about `ledger`.")
    assert room.response_urls() == [RESPONSE_URL]
    assert RESPONSE_URL not in str(room.rung()), "RQ logs what a job is called with"


def test_a_click_on_the_home_tab_for_a_deploy_that_is_gone_is_answered(room: Room, asked: Deploy) -> None:
    payload = room.click_payload(buttons.APPROVE, asked.evolve(id="zzzzzzzz"), by=CAROL)
    payload["container"] = {"type": "view", "view_id": "V1"}
    del payload["channel"]
    del payload["response_url"]

    room.send_form({"payload": json.dumps(payload)})

    assert room.said() == [
        ("", None, CAROL, "There is no deploy `zzzzzzzz`. `/deploy status` shows the ones under way.")
    ]
    assert room.response_urls() == [None]


def test_a_value_that_is_none_of_ours_changes_nothing(room: Room, asked: Deploy) -> None:
    payload = room.click_payload(buttons.APPROVE, asked)
    payload["actions"][0]["value"] = "<script>.1"

    room.send_form({"payload": json.dumps(payload)})

    assert told(room, BOB).startswith("There is no deploy `&lt;script&gt;.1`.")
    assert decisions(room) == []


def test_a_button_that_is_only_a_link_is_acknowledged(room: Room, asked: Deploy) -> None:
    assert room.click("open-the-thread", asked).status == 200
    assert room.said() == []


def test_two_clicks_at_the_same_time_are_one_decision(room: Room, asked: Deploy, desk: Desk) -> None:
    real_get = desk.store.get

    def slow_get(deploy_id: str) -> Deploy | None:
        """Between reading and writing, dave's rejection gets in once."""
        found = real_get(deploy_id)
        if not getattr(desk.store, "_raced", False):
            desk.store._raced = True  # type: ignore[attr-defined]
            room.click(buttons.REJECT, asked, by=DAVE)
        return found

    desk.store.get = slow_get  # type: ignore[method-assign]
    room.click(buttons.APPROVE, asked, by=BOB, message_ts=CARD)

    assert decisions(room) == [(DAVE, Verdict.REJECTED)]
    assert told(room, BOB) == f"Already decided: rejected by <@{DAVE}>."


def test_a_numbered_button_of_a_compact_card_does_the_same_once(room: Room, asked: Deploy) -> None:
    approve, reject = (buttons.numbered(each, 17) for each in (buttons.APPROVE, buttons.REJECT))

    assert room.click(approve, asked).status == 200
    assert decisions(room) == [(BOB, Verdict.APPROVED)]

    room.click(reject, asked, by=BOB)
    assert decisions(room) == [(BOB, Verdict.APPROVED)], "the second click finds it decided"
