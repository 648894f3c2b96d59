"""`@slipway ...` in a thread: the same commands, answered by a worker because an event has no ack text."""

from __future__ import annotations

from deploys.stores.slack_directory import SLACKBOT
from tests.bot.bot_harness import (
    ALICE,
    BOT_IDENTITY,
    CAROL,
    DAVE,
    DEPLOYS_CHANNEL,
    NOTHING_UNDER_WAY,
    BotHarness,
)
from tests.bot.test_help_and_mistakes import USAGE
from tests.slack_directory import TEAM

THREAD = "1699999999.000001"


def test_a_deploy_belongs_to_the_thread_it_was_asked_for_in(bot: BotHarness) -> None:
    ack = bot.mention("@slipway deploy web 1.4.2 as agreed above", thread=THREAD)

    deploy = bot.only_deploy()
    assert (ack.status, ack.body) == (200, "")
    assert (deploy.tag, deploy.request.reason, deploy.request.thread_ts) == (
        "1.4.2",
        "as agreed above",
        THREAD,
    )
    assert bot.queued_answers() == [], "the card in the thread is the answer"
    assert bot.queued_jobs() == [("advance", [deploy.id])]


def test_outside_of_a_thread_the_message_itself_becomes_the_root(bot: BotHarness) -> None:
    bot.mention("@slipway web 1.4.2")

    assert bot.only_deploy().request.thread_ts == f"{bot.clock():.6f}"


def test_outside_of_a_thread_the_answer_is_in_the_channel_since_no_thread_would_show_it(
    bot: BotHarness,
) -> None:
    bot.mention("@slipway help", by=CAROL)
    bot.mention("@slipway tags web")
    bot.mention("@slipway plan web 1.4.2")

    assert bot.queued_answers() == [(DEPLOYS_CHANNEL, None, CAROL, USAGE)]
    assert [job[1][-4:-2] for job in bot.queued_jobs() if job[0] in ("answer_tags", "answer_plan")] == [
        [DEPLOYS_CHANNEL, None]
    ] * 2


def test_the_record_says_whether_somebody_can_be_answered_alone_in_the_thread(bot: BotHarness) -> None:
    bot.mention("@slipway web 1.4.2")
    bot.clock.advance(1)
    bot.mention("@slipway web 1.5.0", thread=THREAD)
    bot.clock.advance(1)
    bot.mention("@slipway web,api 1.4.1")

    *_, last = live = bot.context.store.active()
    assert [each.request.new_thread for each in live] == [True, False, True, True]
    batch = bot.context.store.batch(last.batch_id or "")
    assert batch is not None
    assert batch.request.new_thread


def test_help_is_said_in_the_thread_to_whoever_asked(bot: BotHarness) -> None:
    bot.mention("@slipway help", by=CAROL, thread=THREAD)

    assert bot.queued_answers() == [(DEPLOYS_CHANNEL, THREAD, CAROL, USAGE)]


def test_status_is_said_in_the_thread(bot: BotHarness) -> None:
    bot.mention("@slipway status", thread=THREAD)

    assert bot.queued_answers() == [(DEPLOYS_CHANNEL, THREAD, ALICE, NOTHING_UNDER_WAY)]


def test_a_refusal_is_said_in_the_thread(bot: BotHarness) -> None:
    bot.mention("@slipway web 1.4.2", by=CAROL, thread=THREAD)

    [(channel, thread, user, text)] = bot.queued_answers()
    assert (channel, thread, user) == (DEPLOYS_CHANNEL, THREAD, CAROL)
    assert text.startswith("You may not deploy `web`.")
    assert bot.context.store.active() == []


def test_the_same_tag_under_way_is_said_in_the_thread(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2", by=DAVE)
    link = bot.post_card(bot.only_deploy())

    bot.mention("@slipway web 1.4.2", thread=THREAD)

    [(_, _, _, text)] = bot.queued_answers()
    assert text == (
        f"Nothing was added: <@{DAVE}> asked for `web` `1.4.2` just now, and it is queued. See <{link}|its "
        f"thread> (deploy `{bot.only_deploy().id}`)."
    )


def test_cancel_works_too(bot: BotHarness) -> None:
    bot.mention("@slipway web 1.4.2", thread=THREAD)
    bot.mention("@slipway cancel web", thread=THREAD)

    assert bot.only_deploy().cancel is not None
    assert bot.queued_answers()[0][3].startswith("Cancelling `web` `1.4.2`")


def test_a_mention_in_the_middle_of_a_sentence_does_nothing_but_hint(bot: BotHarness) -> None:
    bot.mention("I would not let @slipway deploy web 1.4.2 today", thread=THREAD)

    assert bot.context.store.active() == []
    [(_, _, _, text)] = bot.queued_answers()
    assert text == (
        f"You mentioned me, but I only read messages that begin with <@{BOT_IDENTITY.user}>, such as "
        f"<@{BOT_IDENTITY.user}> `status`. Write <@{BOT_IDENTITY.user}> `help` to see what I do."
    )


def test_bots_are_left_alone(bot: BotHarness) -> None:
    ack = bot.mention("@slipway web 1.4.2", bot_id="B09OTHER")

    assert ack.status == 200
    assert bot.context.store.active() == []
    assert bot.queued_jobs() == []


def test_slackbot_which_says_what_anybody_has_set_as_a_reminder_is_left_alone(bot: BotHarness) -> None:
    ack = bot.mention("Reminder: @slipway api 1.4.2", by=SLACKBOT)
    bot.mention("@slipway api 1.4.2", by=SLACKBOT)

    assert ack.status == 200
    assert bot.context.store.active() == []
    assert bot.queued_jobs() == []


def test_what_it_says_itself_is_ignored(bot: BotHarness) -> None:
    bot.mention("@slipway web 1.4.2", by=BOT_IDENTITY.user, bot_id=BOT_IDENTITY.bot)

    assert bot.context.store.active() == []


def test_an_opened_home_tab_is_shown_by_a_worker(bot: BotHarness) -> None:
    payload = bot.mention_payload("", by=CAROL, type="app_home_opened", tab="home")
    messages = bot.mention_payload("", by=ALICE, type="app_home_opened", tab="messages")

    assert bot.send_json(payload).status == bot.send_json(messages).status == 200
    assert bot.queued_jobs() == [("publish_home", [CAROL, TEAM])]


def test_an_event_nobody_listens_to_is_taken_so_that_slack_does_not_repeat_it(bot: BotHarness) -> None:
    assert bot.mention("", type="channel_rename").status == 200
