"""Cancelling what was asked for at once, and the buttons of its card."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from slack_bolt import BoltRequest

from deploys import buttons
from deploys.catalogue.catalogue import Catalogue
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.stores.user_groups import MAX_AGE_SECONDS
from tests.bot.batch_setup import add_service_groups, only_batch, post_batch_card
from tests.bot.bot_harness import ALICE, BOB, CAROL, DAVE, GENERAL_CHANNEL, BotHarness
from tests.builders import a_plan


@pytest.fixture
def catalogue(catalogue: Catalogue) -> Catalogue:
    return add_service_groups(catalogue)


@pytest.mark.parametrize("named", ["", "web, api", "api,web"], ids=["id", "name", "other order"])
def test_all_of_a_batch_are_cancelled_by_its_id_or_name(bot: BotHarness, named: str) -> None:
    bot.type("/deploy web,api 1.4.2")
    batch, [web, api] = only_batch(bot)
    bot.commit_step(web, phase=Phase.FOLLOWING, plan=a_plan(), ecs={"update_tried": True})
    link = post_batch_card(bot, batch)
    bot.clear_jobs()

    answer = bot.type(f"/deploy cancel {named or batch.id}")

    assert answer == (
        "Cancelling `web,api` `1.4.2`: `api` is withdrawn, nothing of it was changed yet; `web` is rolled "
        f"back. See <{link}|its thread>."
    )
    assert [each.cancel is not None for each in bot.context.store.batch_deploys(batch)] == [True, True]
    assert [args for job, args in bot.queued_jobs() if job == "advance"] == [[web.id], [api.id]]


def test_a_group_is_cancelled_by_its_name(bot: BotHarness) -> None:
    bot.type("/deploy shopfront 1.4.2")

    assert bot.type("/deploy cancel shopfront").startswith(
        "Cancelling `shopfront` `1.4.2`: `web` and `api` are"
    )


def test_two_of_a_group_are_a_choice(bot: BotHarness) -> None:
    bot.type("/deploy shopfront 1.4.2")
    bot.clock.advance(1)
    bot.type("/deploy shopfront 1.5.0")
    ids = list(dict.fromkeys(each.batch_id for each in bot.context.store.active()))

    answer = bot.type("/deploy cancel shopfront")

    assert answer == (
        "Which one? Nothing was cancelled yet.\n"
        f"• all of `shopfront` `1.4.2`: `/deploy cancel {ids[0]}`\n"
        f"• all of `shopfront` `1.5.0`: `/deploy cancel {ids[1]}`"
    )


def test_without_a_word_all_of_them_are_offered_first(bot: BotHarness) -> None:
    bot.type("/deploy web,api 1.4.2")
    batch, [web, api] = only_batch(bot)

    ack = bot.read_ack(bot.send_command("/deploy cancel"))

    assert ack["text"] == (
        "Which one? Nothing was cancelled yet.\n"
        f"• all of `web,api` `1.4.2`: `/deploy cancel {batch.id}`\n"
        f"• `web` `1.4.2` is queued: `/deploy cancel {web.id}`\n"
        f"• `api` `1.4.2` is queued: `/deploy cancel {api.id}`"
    )
    first = ack["blocks"][1]["accessory"]
    assert (first["action_id"], first["value"]) == (buttons.CANCEL_BATCH, f"{batch.id}.0")


def test_a_task_that_runs_before_a_rollout_is_said_to_be_stopped(bot: BotHarness) -> None:
    bot.type("/deploy web,api 1.4.2")
    batch, [web, _] = only_batch(bot)
    bot.commit_step(web, phase=Phase.RUNNING_PRE_TASK)

    assert bot.type(f"/deploy cancel {batch.id}") == (
        "Cancelling `web,api` `1.4.2`: `api` is withdrawn, nothing of it was changed yet; the task before "
        "the rollout of `web` is stopped, and the service stays as it is. See its thread."
    )


def test_what_has_ended_is_said_and_when_nothing_is_left_it_is_refused(bot: BotHarness) -> None:
    bot.type("/deploy web,api 1.4.2")
    batch, [web, _] = only_batch(bot)
    bot.commit_step(web, phase=Phase.ENDED, outcome=Outcome.SUCCEEDED, ended_at=bot.clock())

    assert bot.type(f"/deploy cancel {batch.id}") == (
        "Cancelling `web,api` `1.4.2`: `api` is withdrawn, nothing of it was changed yet; `web` succeeded. "
        "See its thread."
    )
    assert bot.type(f"/deploy cancel {batch.id}") == (
        "Nothing of `web,api` `1.4.2` is left to cancel: `web` succeeded, `api` is being cancelled already, "
        f"as <@{ALICE}> asked."
    )


def test_how_its_deploys_ended_is_told_only_where_they_may_be_seen(bot: BotHarness) -> None:
    bot.type("/deploy web,api 1.4.2")
    batch, deploys = only_batch(bot)
    for each in deploys:
        bot.commit_step(each, phase=Phase.ENDED, outcome=Outcome.SUCCEEDED, ended_at=bot.clock())

    assert bot.type(f"/deploy cancel {batch.id}", by=CAROL, channel=GENERAL_CHANNEL).startswith(
        "`web` cannot be asked about in this channel"
    )


def test_who_may_not_cancel_all_cancels_none(bot: BotHarness) -> None:
    bot.type("/deploy web,api 1.4.2")
    batch, _ = only_batch(bot)

    assert bot.type(f"/deploy cancel {batch.id}", by=CAROL).startswith(
        "Nothing was cancelled.\n• You may not withdraw this deploy of `web`."
    )
    assert not any(each.cancel for each in bot.context.store.active())


def test_one_that_has_ended_asks_nobodys_permission(bot: BotHarness) -> None:
    bot.type("/deploy web,api 1.4.2")
    batch, [web, api] = only_batch(bot)
    bot.commit_step(web, phase=Phase.ENDED, outcome=Outcome.SUCCEEDED, ended_at=bot.clock())

    bot.commit_step(api, phase=Phase.FOLLOWING, plan=a_plan(), ecs={"update_tried": True})

    assert bot.type(f"/deploy cancel {batch.id}", by=CAROL).startswith(
        "Cancelling `web,api` `1.4.2`: `api` is"
    )
    assert bot.context.store.batch_deploys(batch)[1].cancel is not None


def test_a_cancel_of_all_that_came_late_changes_nothing(bot: BotHarness) -> None:
    bot.type("/deploy web,api 1.4.2")
    body = urlencode(bot.command_payload("/deploy cancel web,api", by=ALICE))
    headers = bot.signed_headers(body, "application/x-www-form-urlencoded")
    bot.clock.advance(5)

    late = bot.app.dispatch(BoltRequest(body=body, headers=headers))

    assert bot.read_ack(late)["text"].startswith("This reached me 5 s after you sent it")
    assert not any(each.cancel for each in bot.context.store.active())


def test_while_nobody_knows_a_group_of_people_none_is_cancelled_and_the_workers_are_asked(
    bot: BotHarness,
) -> None:
    bot.type("/deploy web,api 1.4.2")
    batch, [web, api] = only_batch(bot)
    for each in (web, api):
        bot.commit_step(each, phase=Phase.FOLLOWING, plan=a_plan(), ecs={"update_tried": True})
    bot.clear_jobs()
    bot.clock.advance(MAX_AGE_SECONDS + 1)

    answer = bot.type(f"/deploy cancel {batch.id}", by=DAVE)

    assert answer.startswith("Nothing was cancelled. Slack did not say who is in <!subteam^S01DEPLOYERS>")
    assert not any(each.cancel for each in bot.context.store.active())
    assert bot.queued_jobs() == [("read_user_groups", [])]


def test_a_list_whose_deploys_only_settle_is_not_under_way(bot: BotHarness) -> None:
    bot.type("/deploy web,api 1.4.2")
    for each in bot.context.store.active():
        bot.commit_step(each, phase=Phase.SETTLING, outcome=Outcome.SUCCEEDED, ended_at=bot.clock())

    assert bot.type("/deploy cancel web,api").startswith("Nothing is under way for `web,api`.")


@pytest.mark.parametrize("word", ["shopfront", "web,api"])
def test_nothing_to_cancel(bot: BotHarness, word: str) -> None:
    assert bot.type(f"/deploy cancel {word}") == (
        f"Nothing is under way for `{word}`. `/deploy status` shows what is."
    )


# Clicking


def test_the_buttons_of_the_card_work_for_each_and_for_all(bot: BotHarness) -> None:
    bot.type("/deploy money 1.4.2")
    batch, [web, ledger] = only_batch(bot)
    post_batch_card(bot, batch)
    asked = bot.commit_step(
        ledger, phase=Phase.AWAITING_APPROVAL, approval={"question": 1, "expires_at": bot.clock() + 900}
    )

    bot.click(buttons.APPROVE, asked, by=BOB)
    bot.click(buttons.MORE, web, by=ALICE, menu=buttons.CANCEL)
    assert [bool(each.cancel) for each in bot.context.store.batch_deploys(batch)] == [True, False]
    assert [len(each.approval.decisions) for each in bot.context.store.batch_deploys(batch)] == [0, 1]

    bot.click(buttons.CANCEL_BATCH, ledger.evolve(id=batch.id), by=ALICE, question=0)
    assert all(each.cancel for each in bot.context.store.batch_deploys(batch))


def test_one_that_found_a_external_rollout_is_followed_from_the_card_of_all(bot: BotHarness) -> None:
    bot.type("/deploy web,api 1.4.2")
    batch, [web, _] = only_batch(bot)
    post_batch_card(bot, batch)
    refused = bot.commit_step(
        web,
        phase=Phase.ENDED,
        outcome=Outcome.REFUSED,
        ended_at=bot.clock(),
        refusal={"external_deployment_id": "ecs-svc/7"},
    )

    bot.click(buttons.FOLLOW, refused, by=ALICE)

    [followed] = [each for each in bot.context.store.active() if each.verb is Verb.FOLLOW]
    assert (followed.service.name, followed.batch_id) == ("web", None)


def test_an_old_card_leads_to_the_one_that_counts(bot: BotHarness) -> None:
    bot.type("/deploy web,api 1.4.2")
    batch, [web, _] = only_batch(bot)
    link = post_batch_card(bot, batch)
    bot.clear_jobs()

    for action, thing in ((buttons.CANCEL, web), (buttons.CANCEL_BATCH, web.evolve(id=batch.id))):
        bot.click(action, thing, by=ALICE, message_ts="1.000")

    assert not any(each.cancel for each in bot.context.store.active())
    assert {text for _, _, _, text in bot.queued_answers()} == {
        "This message is out of date, so its buttons do nothing. `web` `1.4.2` is queued. Use the ones in "
        f"<{link}|its thread>.",
        f"This message is out of date, so its buttons do nothing. Use the ones in <{link}|its thread>.",
    }
