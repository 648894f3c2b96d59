"""Who opens the form, how, and what it shows at first."""

from __future__ import annotations

import pytest
from redis import Redis

from deploys.catalogue.catalogue import Catalogue
from deploys.formatting import slack_time
from deploys.stores.user_groups import UserGroups
from tests.bot.bot_harness import (
    ALICE,
    CAROL,
    DAVE,
    DEPLOYS_CHANNEL,
    GENERAL_CHANNEL,
    RESPONSE_URL,
    BotHarness,
    ManualClock,
    bot_with,
)
from tests.bot.form_harness import (
    MESSAGE,
    FormHarness,
    asked,
    buttons_of_answer,
    read,
)
from tests.builders import a_service


def test_deploy_alone_opens_the_form_and_says_nothing(bot: BotHarness, form: FormHarness) -> None:
    assert bot.type("/deploy") == ""

    [opened] = form.views.opened
    assert opened["trigger_id"]
    assert read(opened["view"]) == [
        "Service:",
        "Tag:",
        "Why:",
        "Plan: Plan first",
        f"The card and its thread will be in <#{DEPLOYS_CHANNEL}>.",
    ]
    assert opened["view"]["submit"]["text"] == "Deploy"
    assert bot.queued_answers() == []


def test_a_service_alone_opens_it_at_that_service_with_what_holds_it(
    bot: BotHarness, form: FormHarness
) -> None:
    bot.type("/deploy lock ledger checking the books", by=DAVE)

    assert bot.type("/deploy ledger") == ""

    assert read(form.shown)[:3] == [
        "Service: ledger",
        "`ledger` (stop-start, which means downtime; needs 1 approval) · "
        f"<@{DAVE}> locked `ledger` ({slack_time(bot.clock())}, until it is unlocked): checking the "
        "books.",
        "Tag:",
    ]


def test_the_shortcut_on_a_message_opens_it_for_the_thread_of_that_message(
    bot: BotHarness, form: FormHarness
) -> None:
    form.choose_shortcut(MESSAGE)

    assert read(form.shown)[-1] == (
        f"The card and its thread will be in the thread of that message in <#{DEPLOYS_CHANNEL}>."
    )
    form.submit(service="web", tag="1.4.2")
    assert asked(bot) == (DEPLOYS_CHANNEL, MESSAGE["ts"], True)


def test_a_message_in_a_thread_means_that_thread(bot: BotHarness, form: FormHarness) -> None:
    form.choose_shortcut({**MESSAGE, "thread_ts": "1699999990.000100"})

    form.submit(service="web", tag="1.4.2")

    assert asked(bot) == (DEPLOYS_CHANNEL, "1699999990.000100", False)


def test_the_form_says_which_channel_services_yml_names_for_the_card(
    redis: Redis, clock: ManualClock, user_groups: UserGroups
) -> None:
    web = a_service("web", notify={"channel": "C9"})
    bot = bot_with(Catalogue({"web": web}), redis, clock)
    form = FormHarness(bot)

    bot.type("/deploy web")
    in_channel = read(form.shown)[-1]
    form.choose_shortcut(MESSAGE)
    form.choose_service("web")

    assert (
        in_channel
        == f"The card and its thread will be in <#C9>; a link to it follows in <#{DEPLOYS_CHANNEL}>."
    )
    assert read(form.shown)[-1] == (
        "The card and its thread will be in <#C9>; a link to it follows in the thread of that message in "
        f"<#{DEPLOYS_CHANNEL}>."
    )


@pytest.mark.parametrize(
    ("service", "chosen", "channel"),
    [("web", None, DEPLOYS_CHANNEL), ("web", DEPLOYS_CHANNEL, DEPLOYS_CHANNEL), ("api", "C9", "C9")],
)
def test_the_global_shortcut_asks_for_the_channel_or_takes_the_services_first(
    bot: BotHarness, form: FormHarness, service: str, chosen: str | None, channel: str
) -> None:
    form.choose_shortcut()
    assert read(form.shown) == ["Service:", "Tag:", "Why:", "Channel:", "Plan: Plan first"]

    assert form.submit(service=service, tag="1.4.2", channel=chosen) == {}

    assert asked(bot) == (channel, None, False)


def test_a_service_that_names_no_channel_needs_one(bot: BotHarness, form: FormHarness) -> None:
    form.choose_shortcut()
    form.choose_service("api")

    [channel] = [each for each in form.shown["blocks"] if each["block_id"] == "channel:api"]
    assert channel["optional"] is False  # Slack itself asks for it

    answer = form.submit(service="api", tag="1.4.2")

    assert answer["errors"] == {
        "channel:api": "services.yml names no channel of api, so choose the one in which the deploy is to "
        "be told."
    }
    assert bot.context.store.active() == []


@pytest.mark.parametrize(("value", "service"), [("web", "web"), ("*", ""), ("resume-all", "")])
def test_a_button_opens_it_at_its_service(
    bot: BotHarness, form: FormHarness, value: str, service: str
) -> None:
    form.press_open_button(value)

    assert read(form.shown)[0] == f"Service: {service}".rstrip()


@pytest.mark.parametrize("error", ["expired_trigger_id", "exchanged_trigger_id", "internal_error"])
def test_what_slack_does_not_open_is_said_in_words_with_a_button_that_opens_it(
    bot: BotHarness, form: FormHarness, error: str
) -> None:
    form.views.error = error

    assert bot.type("/deploy web") == ""

    [(channel, thread, user, text)] = bot.queued_answers()
    assert (channel, thread, user) == (DEPLOYS_CHANNEL, None, ALICE)
    assert text.startswith("Which tag of `web`? Write `/deploy web TAG`.\n\n• `/deploy SERVICE TAG [reason]`")
    assert bot.response_urls() == [RESPONSE_URL]
    assert buttons_of_answer(bot) == [("Open the form", "web")]


def test_a_mention_is_answered_in_words_with_the_button(bot: BotHarness, form: FormHarness) -> None:
    bot.mention("@slipway")

    assert form.views.opened == []
    [(_, _, _, text)] = bot.queued_answers()
    assert text.startswith("• `/deploy SERVICE TAG [reason]` deploys an image tag")
    assert buttons_of_answer(bot) == [("Open the form", "*")]


@pytest.mark.parametrize(
    ("typed", "by", "channel", "said"),
    [
        ("/deploy", CAROL, GENERAL_CHANNEL, "• `/deploy SERVICE TAG [reason]`"),
        ("/deploy web", CAROL, DEPLOYS_CHANNEL, "You may not deploy `web`."),
        ("/deploy web", ALICE, GENERAL_CHANNEL, "`web` may not be deployed from this channel"),
        ("/deploy nothing", ALICE, DEPLOYS_CHANNEL, "There is no service `nothing` here."),
        ("/deploy help", ALICE, DEPLOYS_CHANNEL, "• `/deploy SERVICE TAG [reason]`"),
        ("/deploy plan web", ALICE, DEPLOYS_CHANNEL, "Which tag of `web`?"),
    ],
)
def test_no_form_opens_where_it_would_offer_nothing_or_was_not_meant(
    catalogue: Catalogue,
    user_groups: UserGroups,
    redis: Redis,
    clock: ManualClock,
    typed: str,
    by: str,
    channel: str,
    said: str,
) -> None:
    bot = bot_with(catalogue.only({"web", "ledger"}), redis, clock)

    assert bot.type(typed, by=by, channel=channel).startswith(said)

    assert FormHarness(bot).views.opened == []
    assert bot.context.store.active() == []
