"""A decision that is typed has a reason, which everybody reads and the audit keeps."""

from __future__ import annotations

import pytest

from deploys import buttons
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.stores import audit
from tests.bot.bot_harness import ALICE, BOB, CAROL, DAVE, GENERAL_CHANNEL, BotHarness
from tests.bot.test_refused_requests import press, refused
from tests.builders import a_plan


def ask_for_approval(bot: BotHarness, by: str = ALICE) -> Deploy:
    bot.type("/deploy ledger 1.4.2", by=by)
    asked = bot.only_deploy()
    return bot.commit_step(
        asked,
        phase=Phase.AWAITING_APPROVAL,
        plan=a_plan(),
        approval={"question": 1, "shown_at": bot.clock(), "expires_at": bot.clock() + 600},
    )


def last_entry(bot: BotHarness) -> tuple[str, str, str]:
    entry = audit.trail(bot.redis)[-1]
    return entry["who"], entry["what"], entry["why"]


@pytest.mark.parametrize("named", ["ledger", "id"])
def test_a_rejection_is_typed_with_its_reason(bot: BotHarness, named: str) -> None:
    deploy = ask_for_approval(bot)
    target = deploy.id if named == "id" else named

    answer = bot.type(f"/deploy reject {target} the graphs look wrong", by=BOB)

    [decision] = bot.only_deploy().approval.decisions
    assert answer == "Rejected: `ledger` `1.4.2`. See its thread."
    assert (decision.user, decision.verdict, decision.reason) == (BOB, "rejected", "the graphs look wrong")
    assert last_entry(bot) == (BOB, "rejected", "the graphs look wrong")
    assert ("advance", [deploy.id]) in bot.queued_jobs()
    assert "Rejected by <@U02BOB0000>, " in (shown := bot.type(f"/deploy show {deploy.id}"))
    assert ": the graphs look wrong" in shown


@pytest.mark.parametrize(
    ("typed", "by", "answer"),
    [
        ("ledger no", CAROL, "You are not an approver of `ledger`."),
        ("ledger no", DAVE, "You asked for this deploy, so cancel it instead of rejecting it"),
        ("web no", BOB, "Nothing of `web` waits for approval."),
        ("wbe no", BOB, "There is no service `wbe` here. Did you mean `web`?"),
        ("ledger", BOB, "Why? Other people will read the reason."),
    ],
)
def test_what_cannot_be_rejected(bot: BotHarness, typed: str, by: str, answer: str) -> None:
    ask_for_approval(bot, by=DAVE)

    assert bot.type(f"/deploy reject {typed}", by=by).startswith(answer)
    assert bot.only_deploy().approval.decisions == ()


def test_nor_where_the_service_may_not_be_seen(bot: BotHarness) -> None:
    deploy = ask_for_approval(bot)

    for target in (deploy.id, "ledger"):
        assert bot.type(f"/deploy reject {target} no", by=BOB, channel=GENERAL_CHANNEL).startswith(
            "`ledger` cannot be asked about in this channel"
        )
    assert bot.only_deploy().approval.decisions == ()


def test_a_second_rejection_is_told_who_was_first(bot: BotHarness) -> None:
    deploy = ask_for_approval(bot)
    bot.click(buttons.REJECT, deploy, by=DAVE)

    assert bot.type("/deploy reject ledger no", by=BOB) == f"Already decided: rejected by <@{DAVE}>."


def test_the_requester_withdraws_instead_with_the_same_reason(bot: BotHarness) -> None:
    ask_for_approval(bot, by=DAVE)
    bot.type("/deploy reject ledger wrong tag", by=DAVE)

    press(bot, buttons.RUN_INSTEAD, refused(bot).id, by=DAVE)

    cancel = bot.only_deploy().cancel
    assert cancel is not None
    assert (cancel.user, cancel.reason) == (DAVE, "wrong tag")


def test_a_cancel_is_typed_with_its_reason(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2")
    deploy = bot.only_deploy()

    bot.type("/deploy cancel web the tests failed")

    cancel = bot.only_deploy().cancel
    assert cancel is not None
    assert (cancel.user, cancel.reason) == (ALICE, "the tests failed")
    assert last_entry(bot) == (ALICE, "cancel", "the tests failed")
    assert ": the tests failed" in bot.type(f"/deploy show {deploy.id}")


def test_one_reason_is_that_of_all_deploys_of_a_batch(bot: BotHarness) -> None:
    bot.type("/deploy web,api 1.4.2")

    bot.type("/deploy cancel web,api: the tests failed")

    assert [each.cancel and each.cancel.reason for each in bot.context.store.active()] == [
        "the tests failed"
    ] * 2


def test_names_without_commas_are_no_reason(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2")
    bot.type("/deploy api 1.4.2")

    assert bot.type("/deploy cancel web api").startswith("`cancel` takes less than that")
    assert not any(each.cancel for each in bot.context.store.active())


def test_a_secret_in_a_reason_is_kept_nowhere(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2")
    bot.type("/deploy cancel web password=hunter2hunter2")

    cancel = bot.only_deploy().cancel
    assert cancel is not None
    assert "hunter2" not in cancel.reason
    assert "hunter2" not in str(audit.trail(bot.redis))
