"""`/deploy SERVICE TAG [why]`"""

from __future__ import annotations

import pytest

from bot.submit_texts import queued
from deploys.catalogue.notify_keys import Notify
from deploys.records.phases import Phase
from deploys.stores import audit
from deploys.stores.user_groups import MAX_AGE_SECONDS
from tests.bot.bot_harness import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    DEPLOYS_CHANNEL,
    GENERAL_CHANNEL,
    RESPONSE_URL,
    TEAM,
    BotHarness,
)
from tests.builders import a_deploy, a_service


def test_a_deploy_is_taken_in_and_the_workers_are_rung(bot: BotHarness) -> None:
    answer = bot.type("/deploy web 1.4.2 fixes the login")

    deploy = bot.only_deploy()
    assert (
        answer
        == f"Queued: `web` `1.4.2` (deploy `{deploy.id}`). Its thread follows here after the first checks."
    )
    assert (deploy.service.name, deploy.tag, deploy.request.reason) == ("web", "1.4.2", "fixes the login")
    assert (deploy.request.requester, deploy.request.team, deploy.request.channel) == (
        ALICE,
        TEAM,
        DEPLOYS_CHANNEL,
    )
    assert (deploy.request.thread_ts, deploy.request.requested_at, deploy.phase) == (
        None,
        bot.clock(),
        Phase.WAITING,
    )
    assert bot.context.threads.response_url(deploy.id) == RESPONSE_URL
    assert bot.queued_jobs() == [("advance", [deploy.id])]
    assert [entry["who"] for entry in audit.trail(bot.redis, deploy.id)] == [ALICE]


def test_only_the_person_who_asked_sees_the_answer(bot: BotHarness) -> None:
    ack = bot.read_ack(bot.send_command("/deploy web 1.4.2"))

    assert ack["response_type"] == "ephemeral"


def test_the_answer_says_in_which_channel_the_thread_will_be() -> None:
    web = a_deploy(a_service(notify=Notify(channel=GENERAL_CHANNEL)), id="k3m9p2qr")

    assert queued(web).text == (
        "Queued: `web` `1.4.2` (deploy `k3m9p2qr`). Its thread follows in <#C02GENERAL> after the first "
        "checks."
    )


def test_a_deploy_that_needs_approval_says_so(bot: BotHarness) -> None:
    answer = bot.type("/deploy ledger 1.4.2")

    assert answer == (
        f"Queued: `ledger` `1.4.2` (deploy `{bot.only_deploy().id}`). Its thread follows here after the "
        "first checks. Before anything is changed it needs 1 approval, from <!subteam^S02APPROVERS>."
    )


def test_a_further_tag_waits_in_the_queue_behind_the_others(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.1", by=DAVE)
    bot.clock.advance(1)
    bot.type("/deploy web 1.4.2")
    bot.clock.advance(1)
    answer = bot.type("/deploy web 1.5.0")

    [first, second, third] = bot.context.store.active()
    assert answer == (
        f"Queued: `web` `1.5.0` (deploy `{third.id}`), number 3 in the queue of `web`, behind `1.4.1` by "
        f"<@{DAVE}>, `1.4.2` by <@{ALICE}>. It starts by itself. Its thread follows here."
    )
    assert bot.context.store.service_queue("web") == [first.id, second.id, third.id]
    assert bot.queued_jobs() == [("advance", [first.id])]
    assert third.id in bot.context.threads.due(bot.clock())  # so the scheduler has its thread opened


def test_the_same_tag_asked_for_again_is_not_a_second_deploy(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2", by=DAVE)
    first = bot.only_deploy()
    link = bot.post_card(first)
    bot.commit_step(first, phase=Phase.FOLLOWING)
    bot.clock.advance(130)

    answer = bot.type("/deploy web 1.4.2")

    assert bot.only_deploy().id == first.id
    assert answer == (
        f"Nothing was added: <@{DAVE}> asked for `web` `1.4.2` 2 min ago, and it rolls out. See "
        f"<{link}|its thread> (deploy `{first.id}`)."
    )


def test_before_the_thread_is_open_there_is_nothing_to_link_to(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2")

    assert f"and it is queued. See its thread (deploy `{bot.only_deploy().id}`)." in bot.type(
        "/deploy web 1.4.2"
    )


def test_the_same_tag_of_another_service_is_another_deploy(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2")
    bot.type("/deploy api 1.4.2")

    assert {each.service.name for each in bot.context.store.active()} == {"web", "api"}


@pytest.mark.parametrize(
    ("typed", "who", "where", "answer"),
    [
        pytest.param(
            "/deploy web 1.4.2",
            CAROL,
            DEPLOYS_CHANNEL,
            f"You may not deploy `web`. Those who may: <@{ALICE}>, <!subteam^S01DEPLOYERS>"
            ", as `deployers` in `services.yml` says.",
            id="not a deployer",
        ),
        pytest.param(
            "/deploy web 1.4.2",
            BOB,
            DEPLOYS_CHANNEL,
            f"You may not deploy `web`. Those who may: <@{ALICE}>, <!subteam^S01DEPLOYERS>"
            ", as `deployers` in `services.yml` says.",
            id="an approver is no deployer",
        ),
        pytest.param(
            "/deploy web 1.4.2",
            ALICE,
            GENERAL_CHANNEL,
            f"`web` may not be deployed from this channel, only from <#{DEPLOYS_CHANNEL}>"
            ", as `channels` in `services.yml` says.",
            id="wrong channel",
        ),
        pytest.param(
            "/deploy wbe 1.4.2",
            ALICE,
            DEPLOYS_CHANNEL,
            "There is no service `wbe` here. Did you mean `web`? `/deploy help` lists all of them.",
            id="unknown service",
        ),
        pytest.param(
            "/deploy zzz 1.4.2",
            ALICE,
            DEPLOYS_CHANNEL,
            "There is no service `zzz` here. The services are: `web`, `api`, `ledger`. `/deploy help` "
            "lists all of them.",
            id="nothing near",
        ),
    ],
)
def test_refused(bot: BotHarness, typed: str, who: str, where: str, answer: str) -> None:
    assert bot.type(typed, by=who, channel=where) == answer
    assert bot.context.store.active() == []
    assert bot.queued_jobs() == []


def test_members_of_a_user_group_may_deploy(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2", by=DAVE)

    assert bot.only_deploy().request.requester == DAVE


def test_what_is_in_a_group_is_refused_while_nobody_knows_and_the_workers_are_asked(bot: BotHarness) -> None:
    bot.clock.advance(MAX_AGE_SECONDS + 1)

    answer = bot.type("/deploy web 1.4.2", by=DAVE)

    assert answer == (
        "Slack did not say who is in <!subteam^S01DEPLOYERS>, so I cannot tell whether you may do this to "
        "`web`. Nothing was changed. Try again in a minute; user ids in `services.yml` work without user "
        "groups."
    )
    assert bot.context.store.active() == []
    assert bot.queued_jobs() == [("read_user_groups", [])]


def test_a_user_id_counts_even_when_nobody_knows_the_groups(bot: BotHarness) -> None:
    bot.clock.advance(MAX_AGE_SECONDS + 1)
    bot.type("/deploy web 1.4.2", by=ALICE)

    assert bot.only_deploy().request.requester == ALICE


def test_a_service_without_deployers_and_channels_is_open_to_all(bot: BotHarness) -> None:
    bot.type("/deploy api 1.4.2", by=CAROL, channel=GENERAL_CHANNEL)

    assert bot.only_deploy().request.requester == CAROL
