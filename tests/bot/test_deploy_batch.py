"""`/deploy SERVICE,SERVICE TAG [why]`, `/deploy GROUP TAG [why]`, and cancelling them."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from slack_bolt import BoltRequest

from deploys.catalogue.catalogue import Catalogue
from deploys.records.phases import Phase
from deploys.stores import audit
from deploys.stores.user_groups import MAX_AGE_SECONDS
from tests.bot.batch_setup import add_service_groups, only_batch, post_batch_card
from tests.bot.bot_harness import (
    ALICE,
    CAROL,
    DAVE,
    DEPLOYS_CHANNEL,
    GENERAL_CHANNEL,
    RESPONSE_URL,
    BotHarness,
)


@pytest.fixture
def catalogue(catalogue: Catalogue) -> Catalogue:
    return add_service_groups(catalogue)


def test_a_list_is_taken_in_as_a_deploy_for_each_and_one_batch(bot: BotHarness) -> None:
    answer = bot.type("/deploy web,api 1.4.2 fixes the login")

    batch, [web, api] = only_batch(bot)
    assert answer == (
        f"Queued: `web` and `api` `1.4.2` (batch `{batch.id}`). The thread follows here after the first "
        "checks."
    )
    assert [each.service.name for each in (web, api)] == ["web", "api"]
    for each in (web, api):
        assert (each.tag, each.request.reason, each.request.requester) == ("1.4.2", "fixes the login", ALICE)
        assert (each.batch_id, each.phase) == (batch.id, Phase.WAITING)
        assert [entry["what"] for entry in audit.trail(bot.redis, each.id)] == ["requested"]
    assert (batch.name, batch.tag, batch.in_order, batch.stop_on_first_failure) == (
        "web,api",
        "1.4.2",
        False,
        False,
    )
    assert bot.context.threads.response_url(batch.id) == RESPONSE_URL
    assert bot.queued_jobs() == [("advance", [web.id]), ("advance", [api.id])]


def test_a_group_is_taken_in_as_it_is_configured(bot: BotHarness) -> None:
    answer = bot.type("/deploy Shopfront 1.4.2")

    batch, members = only_batch(bot)
    assert answer == (
        f"Queued: `shopfront` `1.4.2`: `web` and `api` (batch `{batch.id}`). One after another, and the "
        "first failure stops the rest. The thread follows here after the first checks."
    )
    assert (batch.is_group, batch.in_order, batch.stop_on_first_failure) == (True, True, True)
    assert [each.service.name for each in members] == ["web", "api"]


def test_a_tag_that_is_called_as_a_service_is_a_tag_where_no_reason_follows(bot: BotHarness) -> None:
    assert bot.type("/deploy web api").startswith("Queued: `web` `api`")


def test_what_waits_in_the_queue_and_what_needs_approval_is_said(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.1", by=DAVE)
    bot.clock.advance(1)

    answer = bot.type("/deploy money 1.4.2")

    batch, [web, ledger] = only_batch(bot)
    assert answer == (
        f"Queued: `money` `1.4.2`: `web` and `ledger` (batch `{batch.id}`). `web` is 2nd in the queue. It "
        "starts by itself. `ledger` needs 1 approval, from <!subteam^S02APPROVERS>. The thread follows here "
        "after the first checks."
    )
    assert ("advance", [web.id]) not in bot.queued_jobs()
    assert ("advance", [ledger.id]) in bot.queued_jobs()


def test_in_a_thread_the_card_is_its_answer(bot: BotHarness) -> None:
    bot.mention("@slipway deploy web, api 1.4.2", by=ALICE, thread="1700000000.000001")

    batch, _ = only_batch(bot)
    assert batch.request.thread_ts == "1700000000.000001"
    assert bot.queued_answers() == []


def test_when_one_of_them_is_under_way_none_is_added_and_it_is_said_which(bot: BotHarness) -> None:
    bot.type("/deploy api 1.4.2", by=DAVE)
    api = bot.only_deploy()
    link = bot.post_card(api)
    bot.clock.advance(130)

    answer = bot.type("/deploy web,api 1.4.2")

    assert answer == (
        "Nothing was added, because this is under way already:\n"
        f"• <@{DAVE}> asked for `api` `1.4.2` 2 min ago, and it is queued. See <{link}|its thread> "
        f"(deploy `{api.id}`)."
    )
    assert bot.only_deploy().id == api.id
    assert bot.context.store.service_queue("web") == []


def test_a_single_one_that_is_under_way_in_a_batch_leads_to_the_batchs_thread(bot: BotHarness) -> None:
    bot.type("/deploy web,api 1.4.2")
    batch, [web, _] = only_batch(bot)
    link = post_batch_card(bot, batch)

    assert bot.type("/deploy web 1.4.2") == (
        f"Nothing was added: <@{ALICE}> asked for `web` `1.4.2` just now, and it is queued. See <{link}|its "
        f"thread> (deploy `{web.id}`)."
    )
    assert f"<{link}|its thread>" in bot.type("/deploy status web")


@pytest.mark.parametrize(
    ("typed", "who", "where", "answer"),
    [
        pytest.param(
            "/deploy web,api 1.4.2",
            CAROL,
            DEPLOYS_CHANNEL,
            f"Nothing was queued. You may not deploy `web`. Those who may: <@{ALICE}>, "
            "<!subteam^S01DEPLOYERS>, as `deployers` in `services.yml` says.",
            id="one of two",
        ),
        pytest.param(
            "/deploy web,ledger 1.4.2",
            CAROL,
            DEPLOYS_CHANNEL,
            "Nothing was queued.\n"
            f"• You may not deploy `web`. Those who may: <@{ALICE}>, <!subteam^S01DEPLOYERS>"
            ", as `deployers` in `services.yml` says.\n"
            f"• You may not deploy `ledger`. Those who may: <@{ALICE}>, <!subteam^S01DEPLOYERS>"
            ", as `deployers` in `services.yml` says.",
            id="both",
        ),
        pytest.param(
            "/deploy shopfront 1.4.2",
            ALICE,
            GENERAL_CHANNEL,
            "Nothing was queued. `web` may not be deployed from this channel, only from "
            f"<#{DEPLOYS_CHANNEL}>, as `channels` in `services.yml` says.",
            id="wrong channel",
        ),
        pytest.param(
            "/deploy web,wbe 1.4.2",
            ALICE,
            DEPLOYS_CHANNEL,
            "Nothing was queued. There is no service `wbe` here. Did you mean `web`? `/deploy help` lists "
            "all of them.",
            id="unknown service",
        ),
        pytest.param(
            "/deploy web,shopfront 1.4.2",
            ALICE,
            DEPLOYS_CHANNEL,
            "`shopfront` is a group of services, and a group is deployed by itself: `/deploy shopfront TAG`.",
            id="group in a list",
        ),
        pytest.param(
            "/deploy web API 1.4.2",
            ALICE,
            DEPLOYS_CHANNEL,
            "`API` is a service, and is where the tag of `web` should be. Several services at once "
            "are written with commas: `/deploy web,api TAG`. If it really is a tag, leave the reason out: "
            "`/deploy web API`. Nothing was queued.",
            id="blanks for commas",
        ),
        pytest.param(
            "/deploy crowd 1.4.2",
            ALICE,
            DEPLOYS_CHANNEL,
            "That is 21 services, and at most 20 can be deployed at once. Nothing was queued.",
            id="too many",
        ),
        pytest.param(
            "/deploy restart shopfront",
            ALICE,
            DEPLOYS_CHANNEL,
            "`shopfront` is a group of services, and `restart` takes one service at a time. In it are: "
            "`web`, `api`.",
            id="restart of a group",
        ),
        pytest.param(
            "/deploy plan shopfront 1.4.2",
            ALICE,
            DEPLOYS_CHANNEL,
            "`shopfront` is a group of services, and `plan` takes one service at a time. In it are: "
            "`web`, `api`.",
            id="plan of a group",
        ),
        pytest.param(
            "/deploy follow shopfront",
            ALICE,
            DEPLOYS_CHANNEL,
            "`shopfront` is a group of services, and `follow` takes one service at a time. In it are: "
            "`web`, `api`.",
            id="following a group",
        ),
    ],
)
def test_refused(bot: BotHarness, typed: str, who: str, where: str, answer: str) -> None:
    assert bot.type(typed, by=who, channel=where) == answer
    assert bot.context.store.active() == []
    assert bot.queued_jobs() == []


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        (
            "/deploy web,,api 1.4.2",
            "A name is missing in the list of services. Write it like `/deploy web,api TAG`.",
        ),
        ("/deploy web,web 1.4.2", "`web` is in the list twice. Name each service once."),
        ("/deploy web,api", "Which tag of `web,api`? Write `/deploy web,api TAG`."),
        ("/deploy shopfront", "Which tag of `shopfront`? Write `/deploy shopfront TAG`."),
        (
            "/deploy rollback web,api",
            "`rollback` takes one service at a time: `/deploy rollback SERVICE [TAG or deploy id]`.",
        ),
        ("/deploy plan web,api 1.4.2", "`plan` takes one service at a time: `/deploy plan SERVICE TAG`."),
    ],
)
def test_mistakes_are_named_above_the_usage(bot: BotHarness, typed: str, wrong: str) -> None:
    answer = bot.type(typed)

    assert answer.split("\n\n")[0] == wrong
    assert (
        "*Groups*\n• `shopfront`: `web`, `api` (one after another; the first failure stops the rest)"
        in answer
    )
    assert bot.context.store.active() == []


def test_a_list_without_a_tag_still_names_unknown_services(bot: BotHarness) -> None:
    assert bot.type("/deploy web,wbe").startswith("There is no service `wbe` here. Did you mean `web`?")


def test_while_nobody_knows_a_group_of_people_the_workers_are_asked(bot: BotHarness) -> None:
    bot.clock.advance(MAX_AGE_SECONDS + 1)

    answer = bot.type("/deploy web,api 1.4.2", by=DAVE)

    assert answer.startswith("Nothing was queued. Slack did not say who is in <!subteam^S01DEPLOYERS>")
    assert bot.context.store.active() == []
    assert bot.queued_jobs() == [("read_user_groups", [])]


def test_a_request_that_came_late_is_refused(bot: BotHarness) -> None:
    body = urlencode(bot.command_payload("/deploy web,api 1.4.2", by=ALICE))
    headers = bot.signed_headers(body, "application/x-www-form-urlencoded")
    bot.clock.advance(5)

    late = bot.app.dispatch(BoltRequest(body=body, headers=headers))

    assert bot.read_ack(late)["text"].startswith("This reached me 5 s after you sent it")
    assert bot.context.store.active() == []


def test_the_usage_shows_the_groups(bot: BotHarness) -> None:
    answer = bot.type("/deploy help")

    assert "deploys several at once; a group by its name: `/deploy shopfront TAG`" in answer
    assert "• `money`: `web`, `ledger`\n" in answer
