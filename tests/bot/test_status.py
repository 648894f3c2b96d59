"""`/deploy status [SERVICE]`"""

from __future__ import annotations

import json
import re
from typing import cast

import pytest

from deploys.catalogue.catalogue import Catalogue
from deploys.records.phases import Outcome, Phase
from deploys.redis_connection import to_text
from deploys.stores import redis_keys
from deploys.stores.lost_deploys import LostDeploy, LostDeploys
from tests.bot.batch_setup import add_service_groups
from tests.bot.bot_harness import (
    ALICE,
    CAROL,
    DAVE,
    DEPLOYS_CHANNEL,
    RESPONSE_URL,
    RUNS_FOLLOWS,
    TEAM,
    BotHarness,
)

FOLLOWS = f"\n\n{RUNS_FOLLOWS}"


@pytest.fixture
def catalogue(catalogue: Catalogue) -> Catalogue:
    return add_service_groups(catalogue)


def test_nothing_under_way(bot: BotHarness) -> None:
    assert bot.type("/deploy status") == f"Nothing is under way.{FOLLOWS}"
    assert bot.type("/deploy status web") == f"Nothing of `web` is under way.{FOLLOWS}"
    assert bot.type("/deploy status web,api") == f"Nothing of `web`, `api` is under way.{FOLLOWS}"
    assert bot.type("/deploy status shopfront") == f"Nothing of `shopfront` is under way.{FOLLOWS}"


def test_a_worker_is_asked_what_runs(bot: BotHarness) -> None:
    for asked, services in [
        ("", ",".join(bot.context.catalogue.services)),
        (" web", "web"),
        (" web,api", "web,api"),
        (" shopfront", "web,api"),
    ]:
        bot.clear_jobs()
        bot.type(f"/deploy status{asked}", by=CAROL)

        [(job, [query_id, *rest])] = bot.queued_jobs()
        assert (job, rest) == ("answer_status", [services, DEPLOYS_CHANNEL, None, CAROL, TEAM])
        assert bot.context.threads.response_url(query_id) == RESPONSE_URL


def test_in_a_thread_both_are_told(bot: BotHarness) -> None:
    bot.mention("@slipway status web", thread="1699999999.000001")

    jobs = dict(bot.queued_jobs())
    assert jobs["answer_status"][1:4] == ["web", DEPLOYS_CHANNEL, "1699999999.000001"]
    assert jobs["answer_privately"][3] == f"Nothing of `web` is under way.{FOLLOWS}"


def test_what_is_locked(bot: BotHarness) -> None:
    bot.type("/deploy lock web for 2h: migrating")
    bot.type("/deploy lock ledger: audit")

    def locked(asked: str) -> list[str]:
        return re.findall(r"locked `(\w+)`", bot.type(asked))

    assert locked("/deploy status") == ["ledger", "web"]
    assert locked("/deploy status web") == ["web"]
    assert locked("/deploy status shopfront") == ["web"]
    assert locked("/deploy status api") == []


def test_services_that_a_lost_deploy_left_stopped(bot: BotHarness) -> None:
    now = bot.clock()
    for name, desired, acts_at in [("ledger", 0, now + 40), ("web", 3, now - 1)]:
        LostDeploys(bot.redis).save(
            LostDeploy(
                deploy_id="w7x8y9zt",
                service=name,
                found_at=now,
                recover_at=acts_at,
                desired_count=desired,
                restore_count=2,
            )
        )

    assert bot.type("/deploy status") == (
        "*Found stopped, and being brought back*\n"
        "• `ledger` was stopped by deploy `w7x8y9zt`, whose record Redis lost: its desired count is 0. I "
        "start to restore 2 tasks in 40 s.\n"
        "• `web` was stopped by deploy `w7x8y9zt`, whose record Redis lost: its desired count is 3 by now. I "
        f"restore its scaling and remove the deploy's tags now.{FOLLOWS}"
    )
    assert bot.type("/deploy status api") == f"Nothing of `api` is under way.{FOLLOWS}"
    bot.type("/deploy api 1.4.2")
    bot.commit_step(bot.only_deploy(), phase=Phase.FOLLOWING)
    assert "remove the deploy's tags now.\n\n*Under way*\n• `api` `1.4.2`" in bot.type("/deploy status")


def test_what_moves_what_waits_and_what_ended(bot: BotHarness) -> None:
    bot.type("/deploy api 1.4.1", by=CAROL)
    ended = bot.only_deploy()
    bot.commit_step(ended, phase=Phase.ENDED, outcome=Outcome.ROLLED_BACK, ended_at=bot.clock() + 60)
    bot.type("/deploy web 1.4.2")
    moving = bot.commit_step(bot.only_deploy(), phase=Phase.FOLLOWING)
    link = bot.post_card(moving)
    bot.clock.advance(1)
    bot.type("/deploy web 1.5.0", by=DAVE)
    waiting = bot.context.store.active()[1]
    bot.clock.advance(119)

    assert bot.type("/deploy status", by=CAROL) == (
        "*Under way*\n"
        f"• `web` `1.4.2` rolls out; asked for 2 min ago by <@{ALICE}>; <{link}|its thread> "
        f"(deploy `{moving.id}`)\n"
        "\n"
        "*Queued*\n"
        f"• `web` `1.5.0` is queued; asked for 1 min ago by <@{DAVE}>; 2nd in the queue; its thread "
        f"(deploy `{waiting.id}`)\n"
        "\n"
        "*Ended lately*\n"
        f"• `api` `1.4.1` was rolled back 1 min ago; asked for by <@{CAROL}>; its thread "
        f"(deploy `{ended.id}`){FOLLOWS}"
    )


def test_one_service_shows_its_own_alone(bot: BotHarness) -> None:
    bot.type("/deploy api 1.4.1")
    bot.clock.advance(10)
    bot.type("/deploy web 1.4.2")
    bot.commit_step(bot.context.store.active()[1], phase=Phase.PLANNING)

    answer = bot.type("/deploy status web")

    assert answer.startswith("*Under way* of `web`\n• `web` `1.4.2` is being planned; asked for just now by")
    assert "api" not in answer


def test_an_unknown_service_is_named(bot: BotHarness) -> None:
    assert bot.type("/deploy status wbe").startswith("There is no service `wbe` here. Did you mean `web`?")


def test_many_deploys_stay_within_slacks_limits(bot: BotHarness) -> None:
    for number in range(40):
        bot.type(f"/deploy web {'1' * 120}.{number}")
        bot.clock.advance(1)
    for each in bot.context.store.active():
        bot.post_card(each)

    ack = bot.read_ack(bot.send_command("/deploy status"))

    assert all(len(block["text"]["text"]) <= 3000 for block in ack["blocks"])
    assert len(ack["text"]) <= 4000
    shown = ack["text"].count("is queued;")
    assert 1 < shown < 40
    assert ack["text"].endswith(f"• and {40 - shown} more{FOLLOWS}")


def test_several_at_once_are_listed_in_their_order_while_they_move_and_after(bot: BotHarness) -> None:
    names = [f"s{number}" for number in range(9)]
    bot.type(f"/deploy {','.join(names)} 1.4.2")

    assert _listed_services(bot) == names

    for each in bot.context.store.active():
        bot.commit_step(each, phase=Phase.ENDED, outcome=Outcome.SUCCEEDED, ended_at=bot.clock())
    assert _listed_services(bot) == names[:5]


def _listed_services(bot: BotHarness) -> list[str]:
    return re.findall(r"^• `(\w+)`", bot.type("/deploy status"), re.M)


def test_an_end_that_is_looked_at_once_more_is_an_end(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2")
    succeeded = bot.only_deploy()
    ended_at = bot.clock() + 60
    bot.commit_step(succeeded, phase=Phase.SETTLING, outcome=Outcome.SUCCEEDED, ended_at=ended_at)
    bot.clock.advance(1)
    bot.type("/deploy web 1.5.0", by=DAVE)
    waiting = bot.context.store.active()[1]
    bot.clock.advance(64)

    for command, about in [("/deploy status", ""), ("/deploy status web", " of `web`")]:
        assert bot.type(command) == (
            f"Nothing{about} is under way.\n"
            "\n"
            "*Queued*\n"
            f"• `web` `1.5.0` is queued; asked for 1 min ago by <@{DAVE}>; 2nd in the queue, "
            f"expected to start any moment now; its thread "
            f"(deploy `{waiting.id}`)\n"
            "\n"
            "*Ended lately*\n"
            f"• `web` `1.4.2` succeeded 5 s ago; asked for by <@{ALICE}>; checked once more; its thread "
            f"(deploy `{succeeded.id}`){FOLLOWS}"
        )


@pytest.mark.parametrize("outcome", Outcome)
def test_whatever_the_outcome_a_deploy_that_has_one_is_not_under_way(
    bot: BotHarness, outcome: Outcome
) -> None:
    bot.type("/deploy web 1.4.2")
    bot.commit_step(bot.only_deploy(), phase=Phase.SETTLING, outcome=outcome, ended_at=bot.clock())

    answer = bot.type("/deploy status")

    assert answer.startswith("Nothing is under way.\n\n*Ended lately*\n• `web` `1.4.2` ")
    nothing = "Nothing is under way for `web`. `/deploy status` shows what is."
    assert bot.type("/deploy cancel web") == nothing


def test_a_record_of_another_version_is_said_to_be_one(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2")
    key = redis_keys.record(bot.only_deploy().id)
    stored = json.loads(to_text(cast("bytes", bot.redis.hget(key, "record"))))
    bot.redis.hset(key, "record", json.dumps({**stored, "schema_number": 2}))

    assert bot.type("/deploy status") == (
        "This Deploy record has format 2, and this version of Slipway reads format 1. Another version "
        "wrote it, so this one leaves it alone."
    )
