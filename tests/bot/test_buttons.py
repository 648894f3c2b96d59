"""Approve, Reject and Cancel, on the card and in its menu."""

from __future__ import annotations

import json

import pytest

from bot.app_context import AppContext
from deploys import buttons
from deploys.records.approval import Decision, Verdict
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.stores.user_groups import MAX_AGE_SECONDS
from tests.bot.bot_harness import (
    ALICE,
    BOB,
    CARD_TS,
    CAROL,
    DAVE,
    DEPLOYS_CHANNEL,
    GENERAL_CHANNEL,
    RESPONSE_URL,
    BotHarness,
)
from tests.builders import a_plan


@pytest.fixture
def awaiting_approval(bot: BotHarness) -> Deploy:
    """`/deploy ledger 1.4.2` by alice, planned, its question open for half an hour."""
    bot.type("/deploy ledger 1.4.2")
    deploy = bot.commit_step(
        bot.only_deploy(),
        phase=Phase.AWAITING_APPROVAL,
        plan=a_plan(downtime=True),
        approval={"question": 1, "expires_at": bot.clock() + 1800},
    )
    bot.post_card(deploy)
    bot.clear_jobs()
    return deploy


def only_answer(bot: BotHarness, who: str) -> str:
    """The only private answer; it goes to this person, in the channel."""
    [(channel, thread, user, text)] = bot.queued_answers()
    assert (channel, thread, user) == (DEPLOYS_CHANNEL, None, who)
    return text


def recorded_decisions(bot: BotHarness) -> list[tuple[str, Verdict]]:
    return [(each.user, each.verdict) for each in bot.only_deploy().approval.decisions]


def test_an_approval_is_written_down_and_the_workers_are_rung(
    bot: BotHarness, awaiting_approval: Deploy
) -> None:
    ack = bot.click(buttons.APPROVE, awaiting_approval, by=BOB)

    assert (ack.status, ack.body) == (200, "")
    assert recorded_decisions(bot) == [(BOB, Verdict.APPROVED)]
    assert bot.queued_jobs() == [("advance", [awaiting_approval.id]), ("publish", [])]


def test_a_rejection_is_written_down(bot: BotHarness, awaiting_approval: Deploy) -> None:
    bot.click(buttons.REJECT, awaiting_approval, by=DAVE)

    assert recorded_decisions(bot) == [(DAVE, Verdict.REJECTED)]
    assert bot.queued_answers() == []


def test_the_second_click_is_told_who_was_first(bot: BotHarness, awaiting_approval: Deploy) -> None:
    bot.click(buttons.REJECT, awaiting_approval, by=BOB)
    bot.click(buttons.APPROVE, awaiting_approval, by=DAVE)

    assert recorded_decisions(bot) == [(BOB, Verdict.REJECTED)]
    assert only_answer(bot, DAVE) == f"Already decided: rejected by <@{BOB}>."


def test_one_of_two_approvals_says_that_another_is_needed(bot: BotHarness, awaiting_approval: Deploy) -> None:
    bot.commit_step(awaiting_approval, service=awaiting_approval.service.model_copy(update={"approvals": 2}))

    bot.click(buttons.APPROVE, awaiting_approval, by=BOB)

    assert only_answer(bot, BOB) == (
        "Your approval of `ledger` `1.4.2` counts. It needs 1 approval more, by somebody else."
    )


@pytest.mark.parametrize(
    ("who", "button", "answer"),
    [
        (
            CAROL,
            buttons.APPROVE,
            "You are not an approver of `ledger`. Those who are: <!subteam^S02APPROVERS>"
            ", as `approvers` in `services.yml` says.",
        ),
        (
            ALICE,
            buttons.APPROVE,
            "You are not an approver of `ledger`. Those who are: <!subteam^S02APPROVERS>"
            ", as `approvers` in `services.yml` says.",
        ),
        (
            CAROL,
            buttons.CANCEL,
            "You may not withdraw this deploy of `ledger`. Those who may, as requester and as `approvers` in "
            f"`services.yml`: <@{ALICE}>, <!subteam^S02APPROVERS>.",
        ),
    ],
)
def test_who_may_not(bot: BotHarness, awaiting_approval: Deploy, who: str, button: str, answer: str) -> None:
    bot.click(button, awaiting_approval, by=who)

    assert only_answer(bot, who) == answer
    assert bot.only_deploy() == awaiting_approval


def test_nobody_approves_what_they_asked_for(bot: BotHarness) -> None:
    bot.type("/deploy ledger 1.4.2", by=DAVE)
    deploy = bot.commit_step(bot.only_deploy(), phase=Phase.AWAITING_APPROVAL, approval={"question": 1})
    bot.clear_jobs()

    bot.click(buttons.APPROVE, deploy, by=DAVE)
    bot.clock.advance(1)
    bot.click(buttons.REJECT, deploy, by=DAVE)

    assert [text for *_, text in bot.queued_answers()] == [
        "You asked for this deploy, so somebody else has to approve it: <!subteam^S02APPROVERS>.",
        f"You asked for this deploy, so cancel it instead of rejecting it: `/deploy cancel {deploy.id}`.",
    ]
    assert recorded_decisions(bot) == []


def test_an_approver_is_refused_while_nobody_knows_the_group(
    bot: BotHarness, awaiting_approval: Deploy
) -> None:
    bot.commit_step(awaiting_approval, approval={"expires_at": bot.clock() + 10_000})
    bot.clock.advance(MAX_AGE_SECONDS + 1)

    bot.click(buttons.APPROVE, awaiting_approval, by=BOB)

    assert only_answer(bot, BOB).startswith("Slack did not say who is in <!subteam^S02APPROVERS>")
    assert ("read_user_groups", []) in bot.queued_jobs()
    assert recorded_decisions(bot) == []


def test_an_answer_to_an_earlier_question_does_not_count(bot: BotHarness, awaiting_approval: Deploy) -> None:
    bot.commit_step(awaiting_approval, approval={"question": 2})

    bot.click(buttons.APPROVE, awaiting_approval, by=BOB, question=1)

    assert only_answer(bot, BOB) == (
        "The plan changed after it was shown, so this answer does not count. The new question is in the "
        "thread."
    )


def test_an_answer_after_the_question_expired_does_not_count(
    bot: BotHarness, awaiting_approval: Deploy
) -> None:
    bot.clock.advance(100)
    bot.commit_step(awaiting_approval, approval={"expires_at": bot.clock()})

    bot.click(buttons.APPROVE, awaiting_approval, by=BOB)

    assert only_answer(bot, BOB) == (
        "This question is closed: the deploy was not decided in time and expires. Nothing was changed by "
        "your click."
    )


def test_an_answer_to_a_cancelled_deploy_does_not_count(bot: BotHarness, awaiting_approval: Deploy) -> None:
    bot.type("/deploy cancel", by=ALICE)
    bot.clear_jobs()

    bot.click(buttons.APPROVE, awaiting_approval, by=BOB)

    assert only_answer(bot, BOB) == (
        f"This question is closed: the deploy is being cancelled, as <@{ALICE}> asked. Nothing was changed "
        "by your click."
    )


def test_a_button_that_outlived_its_deploy_says_how_it_ended(
    bot: BotHarness, awaiting_approval: Deploy
) -> None:
    bot.commit_step(awaiting_approval, phase=Phase.ENDED, outcome=Outcome.EXPIRED, ended_at=bot.clock())

    bot.click(buttons.APPROVE, awaiting_approval, by=BOB)

    assert only_answer(bot, BOB) == (
        "This question is closed: the deploy expired. Nothing was changed by your click."
    )


def test_cancel_on_the_card_needs_no_words(bot: BotHarness, awaiting_approval: Deploy) -> None:
    bot.click(buttons.CANCEL, awaiting_approval, by=ALICE)

    assert bot.only_deploy().cancel is not None
    assert bot.queued_answers() == []


def test_cancel_in_the_menu_of_the_card(bot: BotHarness, awaiting_approval: Deploy) -> None:
    bot.click(buttons.MORE, awaiting_approval, by=BOB, menu=buttons.CANCEL)

    cancel = bot.only_deploy().cancel
    assert cancel is not None
    assert cancel.user == BOB


def test_cancel_in_a_choice_answers_because_no_card_is_near(
    bot: BotHarness, awaiting_approval: Deploy
) -> None:
    bot.click(buttons.CANCEL, awaiting_approval, by=ALICE, ephemeral=True, message_ts="1700000005.000000")

    assert only_answer(bot, ALICE).startswith(
        "Cancelling `ledger` `1.4.2`: nothing of the service was changed"
    )


COPY_TS = "1700000009.000000"


@pytest.mark.parametrize(
    ("where", "copies"), [({"message_ts": COPY_TS}, [COPY_TS]), ({"channel": GENERAL_CHANNEL}, [])]
)
def test_a_second_card_leads_to_the_one_that_counts_and_a_worker_learns_of_it(
    bot: BotHarness, awaiting_approval: Deploy, where: dict[str, str], copies: list[str]
) -> None:
    bot.click(buttons.APPROVE, awaiting_approval, by=BOB, **where)

    [(*_, text)] = bot.queued_answers()
    assert text == (
        "This message is out of date, so its buttons do nothing. `ledger` `1.4.2` waits for approval. Use "
        f"the ones in <https://slack.test/{awaiting_approval.id}|its thread>."
    )
    assert recorded_decisions(bot) == []
    assert list(bot.context.threads.read(awaiting_approval.id).copies) == copies
    assert ("publish", []) in bot.queued_jobs() or not copies
    assert bot.context.threads.due(bot.clock()) == [awaiting_approval.id]


@pytest.mark.parametrize(
    ("verdict", "phase", "state"),
    [
        (
            Verdict.APPROVED,
            Phase.DRAINING,
            "Already decided: approved by <@{bob}>. `ledger` `1.4.2` {phase}.",
        ),
        (Verdict.REJECTED, Phase.ENDED, "Already decided: rejected by <@{bob}>. `ledger` `1.4.2` {phase}."),
    ],
)
def test_a_second_card_says_who_decided(
    bot: BotHarness, awaiting_approval: Deploy, verdict: Verdict, phase: Phase, state: str
) -> None:
    decided = Decision(user=BOB, verdict=verdict, at=bot.clock())
    bot.commit_step(awaiting_approval, approval={"decisions": (decided,)}, phase=phase)

    bot.click(buttons.REJECT, awaiting_approval, by=DAVE, message_ts=COPY_TS)

    [(*_, text)] = bot.queued_answers()
    assert text == (
        "This message is out of date, so its buttons do nothing. "
        f"{state.format(bob=BOB, phase=phase.facts.sentence)} Use the ones in "
        f"<https://slack.test/{awaiting_approval.id}|its thread>."
    )


def test_until_the_publisher_knows_its_card_any_card_counts(bot: BotHarness) -> None:
    bot.type("/deploy ledger 1.4.2")
    deploy = bot.commit_step(bot.only_deploy(), phase=Phase.AWAITING_APPROVAL, approval={"question": 1})

    bot.click(buttons.APPROVE, deploy, by=BOB)

    assert recorded_decisions(bot) == [(BOB, Verdict.APPROVED)]


def test_a_button_on_the_home_tab_answers_in_the_deploys_channel(
    bot: BotHarness, awaiting_approval: Deploy
) -> None:
    payload = bot.click_payload(buttons.APPROVE, awaiting_approval, by=CAROL)
    payload["container"] = {"type": "view", "view_id": "V1"}
    del payload["channel"]

    bot.send_form({"payload": json.dumps(payload)})

    assert only_answer(bot, CAROL).startswith("You are not an approver of `ledger`.")


def test_a_refused_click_is_answered_by_its_response_url(bot: BotHarness, awaiting_approval: Deploy) -> None:
    bot.click(buttons.APPROVE, awaiting_approval, by=CAROL)

    assert only_answer(bot, CAROL).startswith("You are not an approver of `ledger`.")
    assert bot.response_urls() == [RESPONSE_URL]
    assert RESPONSE_URL not in str(bot.queued_jobs()), "RQ logs what a job is called with"


def test_a_click_on_the_home_tab_for_a_deploy_that_is_gone_is_answered(
    bot: BotHarness, awaiting_approval: Deploy
) -> None:
    payload = bot.click_payload(buttons.APPROVE, awaiting_approval.evolve(id="zzzzzzzz"), by=CAROL)
    payload["container"] = {"type": "view", "view_id": "V1"}
    del payload["channel"]
    del payload["response_url"]

    bot.send_form({"payload": json.dumps(payload)})

    assert bot.queued_answers() == [
        ("", None, CAROL, "There is no deploy `zzzzzzzz`. `/deploy history` lists the last ones.")
    ]
    assert bot.response_urls() == [None]


def test_a_value_that_is_none_of_ours_changes_nothing(bot: BotHarness, awaiting_approval: Deploy) -> None:
    payload = bot.click_payload(buttons.APPROVE, awaiting_approval)
    payload["actions"][0]["value"] = "<script>.1"

    bot.send_form({"payload": json.dumps(payload)})

    assert only_answer(bot, BOB).startswith("There is no deploy `&lt;script&gt;.1`.")
    assert recorded_decisions(bot) == []


def test_a_button_that_is_only_a_link_is_acknowledged(bot: BotHarness, awaiting_approval: Deploy) -> None:
    assert bot.click("open-the-thread", awaiting_approval).status == 200
    assert bot.queued_answers() == []


def test_two_clicks_at_the_same_time_are_one_decision(
    bot: BotHarness, awaiting_approval: Deploy, context: AppContext
) -> None:
    real_get = context.store.get

    def slow_get(deploy_id: str) -> Deploy | None:
        """Between reading and writing, dave's rejection gets in once."""
        found = real_get(deploy_id)
        if not getattr(context.store, "_raced", False):
            context.store._raced = True  # type: ignore[attr-defined]
            bot.click(buttons.REJECT, awaiting_approval, by=DAVE)
        return found

    context.store.get = slow_get  # type: ignore[method-assign]
    bot.click(buttons.APPROVE, awaiting_approval, by=BOB, message_ts=CARD_TS)

    assert recorded_decisions(bot) == [(DAVE, Verdict.REJECTED)]
    assert only_answer(bot, BOB) == f"Already decided: rejected by <@{DAVE}>."


def test_a_numbered_button_of_a_compact_card_does_the_same_once(
    bot: BotHarness, awaiting_approval: Deploy
) -> None:
    approve, reject = (buttons.numbered_action_id(each, 17) for each in (buttons.APPROVE, buttons.REJECT))

    assert bot.click(approve, awaiting_approval).status == 200
    assert recorded_decisions(bot) == [(BOB, Verdict.APPROVED)]

    bot.click(reject, awaiting_approval, by=BOB)
    assert recorded_decisions(bot) == [(BOB, Verdict.APPROVED)], "the second click finds it decided"
