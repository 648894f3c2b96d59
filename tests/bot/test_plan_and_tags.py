"""`/deploy plan SERVICE TAG` and `/deploy tags SERVICE`: announced here, answered by a worker."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisGone

from deploys.job_queue import ASKED_QUEUE
from deploys.redis_round_trip import Answer, RoundTrip
from tests.bot.bot_harness import ALICE, CAROL, DEPLOYS_CHANNEL, GENERAL_CHANNEL, RESPONSE_URL, BotHarness
from tests.slack_directory import TEAM

THREAD = "1699999999.000001"


def test_a_worker_is_enqueued_to_plan(bot: BotHarness) -> None:
    answer = bot.type("/deploy plan web 1.4.2")

    assert answer == "Looking at what `web` `1.4.2` would change. The plan follows here."
    [(job, [question, *rest])] = bot.queued_jobs()
    assert (job, rest) == ("answer_plan", ["web", "1.4.2", DEPLOYS_CHANNEL, None, ALICE, TEAM])
    assert bot.context.threads.response_url(question) == RESPONSE_URL
    assert bot.context.store.active() == []


def test_a_worker_is_enqueued_to_list_the_tags(bot: BotHarness) -> None:
    answer = bot.type("/deploy tags web", by=CAROL)

    assert answer == "Looking for the newest tags of `web`. They follow here."
    [(job, [question, *rest])] = bot.queued_jobs()
    assert (job, rest) == ("answer_tags", ["web", DEPLOYS_CHANNEL, None, CAROL, TEAM])
    assert bot.context.threads.response_url(question) == RESPONSE_URL


def test_a_worker_is_enqueued_to_count_deploys(bot: BotHarness) -> None:
    for typed, services in [("", "web,api,ledger"), (" web", "web"), (" ledger,web", "ledger,web")]:
        bot.clear_jobs()
        answer = bot.type(f"/deploy stats{typed}", by=CAROL)

        assert answer == "Counting the deploys of the last 30 days. The numbers follow here."
        [(job, [question, *rest])] = bot.queued_jobs()
        assert (job, rest) == ("answer_stats", [services, DEPLOYS_CHANNEL, None, CAROL, TEAM])
        assert bot.context.threads.response_url(question) == RESPONSE_URL


def test_what_may_not_be_seen_is_not_asked_about(bot: BotHarness) -> None:
    for typed in ("status", "stats"):
        bot.clear_jobs()
        bot.type(f"/deploy {typed}", channel=GENERAL_CHANNEL)

        [(_, [_, services, *_])] = bot.queued_jobs()
        assert services == "api"
        refused = bot.type(f"/deploy {typed} api,web", channel=GENERAL_CHANNEL)
        assert refused.startswith("`web` cannot be asked about in this channel")
        assert len(bot.queued_jobs()) == 1


@pytest.mark.parametrize(
    ("asked", "job", "words"),
    [
        ("plan web 1.4.2", "answer_plan", ["web", "1.4.2"]),
        ("tags web", "answer_tags", ["web"]),
        ("stats web", "answer_stats", ["web"]),
    ],
)
def test_in_a_thread_the_answer_alone_is_said(
    bot: BotHarness, asked: str, job: str, words: list[str]
) -> None:
    bot.mention(f"@slipway {asked}", thread=THREAD)

    [(queued, [_, *rest])] = bot.queued_jobs()
    assert (queued, rest) == (job, [*words, DEPLOYS_CHANNEL, THREAD, ALICE, TEAM])


def test_the_same_question_twice_is_answered_twice(bot: BotHarness) -> None:
    bot.type("/deploy tags web")
    bot.type("/deploy tags web")

    assert len(bot.queued_jobs()) == 2


@pytest.mark.parametrize(
    ("typed", "who", "where", "answer"),
    [
        (
            "/deploy plan web 1.4.2",
            CAROL,
            DEPLOYS_CHANNEL,
            f"You may not deploy `web`. Those who may: <@{ALICE}>, <!subteam^S01DEPLOYERS>"
            ", as `deployers` in `services.yml` says.",
        ),
        (
            "/deploy plan web 1.4.2",
            ALICE,
            GENERAL_CHANNEL,
            f"`web` may not be deployed from this channel, only from <#{DEPLOYS_CHANNEL}>"
            ", as `channels` in `services.yml` says.",
        ),
        (
            "/deploy tags web",
            ALICE,
            GENERAL_CHANNEL,
            f"`web` cannot be asked about in this channel, only in <#{DEPLOYS_CHANNEL}>"
            ", as `channels` in `services.yml` says.",
        ),
    ],
)
def test_who_may_ask_where(bot: BotHarness, typed: str, who: str, where: str, answer: str) -> None:
    assert bot.type(typed, by=who, channel=where) == answer
    assert bot.queued_jobs() == []


@pytest.mark.parametrize(
    "typed", ["/deploy plan web 1.4.2", "/deploy tags web", "/deploy stats", "/deploy status web"]
)
def test_no_answer_is_announced_that_nobody_was_enqueued_for(
    bot: BotHarness, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    run = RoundTrip._run

    def lose_jobs(trip: RoundTrip, asked: Sequence[Answer], commands: Sequence[tuple[object, ...]]) -> None:
        if any(f"rq:queue:{ASKED_QUEUE}" in each for each in commands):
            raise RedisGone("no route to Redis")
        run(trip, asked, commands)

    monkeypatch.setattr(RoundTrip, "_run", lose_jobs)

    assert bot.type(typed).startswith("I lost the connection to Redis")


@pytest.mark.parametrize("typed", ["/deploy tags web", "/deploy status web"])
def test_nor_is_one_whose_job_redis_refused_and_the_next_delivery_is_handled(
    bot: BotHarness, redis: Redis, typed: str
) -> None:
    payload = bot.command_payload(typed)
    redis.set(f"rq:queue:{ASKED_QUEUE}", "no list")
    refused = bot.read_ack(bot.send_form(payload))["text"]
    redis.delete(f"rq:queue:{ASKED_QUEUE}")
    bot.clock.advance(1)

    assert "follow" not in refused
    assert "follow" in bot.read_ack(bot.send_form(payload))["text"]
    assert len(bot.queued_jobs()) == 1
