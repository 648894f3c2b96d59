"""Nobody can flood Slipway: requests are counted for each person, and queues have an end."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from redis import Redis

from deploys import buttons
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.stores.request_limits import Limits, RequestLimits
from tests.bot.bot_harness import ALICE, BOB, CAROL, DAVE, BotHarness, ManualClock, bot_with
from tests.bot.form_harness import FormHarness
from tests.builders import a_deploy, a_service

LIMITS = Limits(changes_per_minute=3, queries_per_minute=5, waiting_per_service=2, open_per_person=4)
REFUSAL = (
    "You sent more than 3 requests that change something within a minute, so this one was not looked at. "
    "Nothing was changed. Try again in 20 s."
)


@pytest.fixture
def limited(bot: BotHarness) -> BotHarness:
    """A bot whose limits are soon reached."""
    limits = RequestLimits(bot.redis, LIMITS, now=bot.clock)
    return BotHarness(replace(bot.context, request_limits=limits), bot.redis, bot.clock)


def test_a_person_who_changes_too_much_within_a_minute_is_refused_and_others_are_not(
    limited: BotHarness,
) -> None:
    for _ in range(3):
        limited.type("/deploy cancel web")

    assert limited.type("/deploy web 1.4.2") == REFUSAL
    assert limited.type("/deploy web 1.4.2") == REFUSAL, "a slash command is always answered"
    assert limited.context.store.active() == []
    assert "Queued" in limited.type("/deploy web 1.4.2", by=DAVE)


def test_queries_and_mistakes_have_a_limit_of_their_own(limited: BotHarness) -> None:
    for text in ("/deploy status", "/deploy plan web 1.4.2", "/deploy", "/deploy help", "/deploy histroy"):
        assert "within a minute" not in limited.type(text)

    assert "more than 5 requests within a minute" in limited.type("/deploy status")
    assert "Queued" in limited.type("/deploy web 1.4.2"), "who looked too often may still act"


def test_the_next_request_is_taken_once_there_is_room_again(limited: BotHarness) -> None:
    for _ in range(4):
        limited.type("/deploy cancel web")
    limited.clock.advance(20)

    assert "Queued" in limited.type("/deploy web 1.4.2")
    assert limited.type("/deploy web 1.4.3") == REFUSAL


def test_clicks_count_and_are_refused_once_and_then_quietly(limited: BotHarness) -> None:
    limited.type("/deploy ledger 1.4.2")
    deploy = limited.only_deploy()
    limited.post_card(deploy)
    for _ in range(6):
        limited.click(buttons.APPROVE, deploy, by=CAROL)
        limited.clock.advance(0.01)

    answers = [text for _, _, user, text in limited.queued_answers() if user == CAROL]
    assert Counter("within a minute" in text for text in answers)[True] == 1


def test_mentions_count_and_are_refused_once_and_then_quietly(limited: BotHarness) -> None:
    for _ in range(6):
        limited.mention("@slipway cancel web", by=BOB)
        limited.clock.advance(0.01)

    answers = [text for _, _, user, text in limited.queued_answers() if user == BOB]
    assert Counter("within a minute" in text for text in answers)[True] == 1


def test_home_is_not_built_more_often_than_one_may_look(limited: BotHarness) -> None:
    for number in range(8):
        limited.send_json(
            {
                "type": "event_callback",
                "team_id": "T01SLIPWAY",
                "event_id": f"EvHome{number}",
                "event_time": int(limited.clock()),
                "event": {"type": "app_home_opened", "user": ALICE, "tab": "home"},
            }
        )
        limited.clock.advance(0.3)

    assert Counter(name for name, _ in limited.queued_jobs())["publish_home"] == 5


def test_a_bucket_is_exact_however_many_ask_at_once(redis: Redis) -> None:
    limits = RequestLimits(redis, replace(LIMITS, changes_per_minute=10), now=ManualClock(1000.0))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: limits.take(ALICE, changes=True), range(40)))

    assert Counter(each is None for each in answers) == {True: 10, False: 30}
    assert sum(each.is_first for each in answers if each) == 1
    [key] = redis.keys("*requests*")
    assert 0 < redis.ttl(key) <= 120, "it is forgotten"


def queue_waiting(bot: BotHarness, count: int, requester: str, service: str = "web") -> None:
    known = bot.context.catalogue.get_service(service)
    for number in range(count):
        deploy = a_deploy(known, tag=f"0.0.{number}", request={"requester": requester})
        bot.context.store.submit(deploy)


def test_a_full_queue_takes_no_more_and_says_what_to_do(limited: BotHarness) -> None:
    queue_waiting(limited, 2, BOB)

    answer = limited.type("/deploy web 1.4.2")

    assert answer == (
        "2 deploys of `web` wait already, and at most 2 may. Nothing was queued. Wait until one has ended, "
        "or cancel one that is not needed any more: `/deploy status web` shows them."
    )
    assert len(limited.context.store.active()) == 2
    assert "Queued" in limited.type("/deploy ledger 1.4.2"), "other services have room"


def test_commands_that_are_held_take_no_place_from_deploys(limited: BotHarness) -> None:
    services = {"web": a_service("web", may_run=("everyone",))}
    open_to_all = bot_with(
        replace(limited.context.catalogue, services=services), limited.redis, limited.clock
    )
    limits = limited.context.request_limits
    limited = BotHarness(replace(open_to_all.context, request_limits=limits), limited.redis, limited.clock)
    for number in range(2):
        limited.type(f"/deploy run web -- job {number}", by=DAVE)
        limited.clock.advance(60)

    assert limited.type("/deploy run web -- job 2", by=DAVE).startswith(
        "2 commands of `web` wait already, and at most 2 may."
    )
    assert "Queued" in limited.type("/deploy web 1.4.2")


def test_a_form_that_asks_too_often_is_told_to_wait_and_reads_nothing(limited: BotHarness) -> None:
    limits = RequestLimits(limited.redis, replace(LIMITS, menus_per_minute=3), now=limited.clock)
    bot = BotHarness(replace(limited.context, request_limits=limits), limited.redis, limited.clock)
    form = FormHarness(bot)
    bot.type("/deploy")
    for typed in ("w", "we", "web"):
        assert form.search("service", typed)[0].startswith("web")
    bot.clear_jobs()

    told = ["Too many searches within a minute | Search again in a few seconds."]
    assert (form.search("service", "web1"), form.search("tag", "1")) == (told, told)
    form.choose_service("web")
    assert (form.views.updated, bot.queued_jobs()) == ([], [])
    bot.clock.advance(30)
    assert form.search("service", "api") == ["api | production, eu-west-1"]


def test_a_rollback_is_queued_however_much_waits(limited: BotHarness) -> None:
    queue_waiting(limited, 5, ALICE)

    assert "at most" not in limited.type("/deploy rollback web")
    assert limited.context.store.active()[-1].verb is Verb.ROLLBACK


def test_the_same_deploy_again_is_told_that_it_is_under_way(limited: BotHarness) -> None:
    queue_waiting(limited, 2, ALICE)

    assert "at most" not in limited.type("/deploy web 0.0.0")


def test_one_person_has_only_so_many_open_deploys(limited: BotHarness) -> None:
    for service in ("api", "ledger"):
        queue_waiting(limited, 2, ALICE, service)

    assert limited.type("/deploy web 1.4.2") == (
        "4 deploys that you asked for have not ended, and at most 4 of one person may be open. Nothing was "
        "queued. Wait until one has ended, or cancel one that is not needed any more: `/deploy status` shows "
        "them."
    )
    assert "Queued" in limited.type("/deploy web 1.4.2", by=DAVE)


def test_a_batch_that_does_not_fit_is_not_queued_at_all(limited: BotHarness) -> None:
    queue_waiting(limited, 2, BOB)

    assert "2 deploys of `web` wait already" in limited.type("/deploy api,web 1.4.2")
    assert len(limited.context.store.active()) == 2


def test_an_answer_reads_no_records_of_deploys_that_it_does_not_depend_on(bot: BotHarness) -> None:
    """A thousand deploys in flight must not make the ack of one slow."""
    for number in range(60):
        queue_waiting(bot, 1, f"U{number:09}", service=("api", "ledger")[number % 2])
    before = bot.redis.info("commandstats")["cmdstat_hmget"]["calls"]

    assert "Queued" in bot.type("/deploy web 1.4.2")

    assert bot.redis.info("commandstats")["cmdstat_hmget"]["calls"] - before <= 1


def test_deploys_that_have_ended_count_for_nobody(limited: BotHarness) -> None:
    for service in ("api", "ledger"):
        queue_waiting(limited, 2, ALICE, service)
    store = limited.context.store
    [first] = store.get_all(store.service_queue("api")[:1])
    limited.commit_step(first, phase=Phase.ENDED, outcome=Outcome.CANCELLED, ended_at=limited.clock())

    assert "Queued" in limited.type("/deploy web 1.4.2")
