"""How often an answer has to wait for Redis: never more often because there is more to answer about."""

from __future__ import annotations

from typing import Any

import pytest
from redis import Redis

from bot.app_context import build_app_context
from bot.commands.status import MAX_READ
from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.freeze_keys import FreezeEntry
from deploys.records.batch import MAX_SERVICES
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.stores.freeze_calendars import FreezeCalendars
from deploys.stores.request_limits import Limits
from deploys.stores.slack_directory import SlackDirectory
from tests.bot.bot_harness import ALICE, BOT_IDENTITY, DEPLOYS_CHANNEL, BotHarness, ManualClock, RecordedViews
from tests.builders import a_service
from tests.redis_commands import counted_questions
from tests.slack_directory import a_channel, a_person

CALENDAR = "https://calendar.example.com/private-f00/freezes.ics"
UNLIMITED = Limits(10_000, 10_000, 10_000, 10_000, 10_000)


def make_bot(redis: Redis, clock: ManualClock, services: int, **of_each: Any) -> BotHarness:
    """A bot that knows Alice and her channel as a worker has read them. Each service is open to everybody."""
    directory = SlackDirectory(redis)
    directory.save_person(ALICE, a_person(read_at=clock()))
    directory.save_channel(DEPLOYS_CHANNEL, a_channel(read_at=clock()))
    names = [f"s{number}" for number in range(services)]
    context = build_app_context(
        BOT_IDENTITY,
        Catalogue({name: a_service(name, **of_each) for name in names}),
        redis,
        redis,
        now=clock,
        limits=UNLIMITED,
        views=RecordedViews(),
    )
    return BotHarness(context, redis, clock)


def fill(bot: BotHarness, count: int, *, waiting: int = 0, ended: int = 0) -> None:
    """So many services have a deploy under way, and each of these so many that wait behind it, and so many
    that have ended."""
    for number in range(ended + 1):
        for index in range(count):
            bot.type(f"/deploy s{index} 1.{number}.0")
            bot.clock.advance(1)
            if number < ended:
                end(bot, bot.context.store.recent(f"s{index}", 1)[0])
    for number in range(waiting):
        for index in range(count):
            bot.type(f"/deploy s{index} 2.{number}.0")


def end(bot: BotHarness, deploy: Deploy) -> None:
    bot.commit_step(deploy, phase=Phase.ENDED, outcome=Outcome.SUCCEEDED, ended_at=bot.clock())


def questions_of(bot: BotHarness, *texts: str) -> int:
    """How often the last of these commands waits for Redis. Those before it make the scripts known there."""
    for each in texts[:-1]:
        bot.type(f"/deploy {each}")
    bot.clear_jobs()
    with counted_questions() as asked:
        bot.type(f"/deploy {texts[-1]}")
    return len(asked)


def test_a_deploy_that_starts_at_once_asks_five_times(redis: Redis, clock: ManualClock) -> None:
    bot = make_bot(redis, clock, 2)
    bot.type("/deploy s0 1.0.0")
    clock.advance(61)  # who asks and where is noted again

    with counted_questions() as asked:
        bot.type("/deploy s1 1.0.0")

    assert [each.service.name for each in bot.context.store.active()] == ["s0", "s1"]
    assert len(asked) == 5


def test_a_deploy_that_waits_asks_four_times(redis: Redis, clock: ManualClock) -> None:
    """Whose delivery it is; who asks, where, what holds it; the queue; the thread, the button and the answer.
    The job that opens threads waits already, as it does while many ask."""
    bot = make_bot(redis, clock, 1)
    fill(bot, 1, waiting=1, ended=1)

    with counted_questions() as asked:
        answer = bot.type("/deploy s0 3.0.0")

    assert "number 3 in the queue of `s0`, behind `1.1.0` by <@U01ALICE00>, `2.0.0`" in answer
    assert "It is expected to start at about" in answer
    assert len(asked) == 4


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("help", 3),  # whose delivery it is; who asks, where, what holds deploys; the answer
        ("locks", 3),
        ("tags s0", 3),  # the job goes with the answer
        ("status", 6),  # beside these: what is open and ended; what is shown of it; the queues
        ("status s0", 6),
    ],
)
def test_how_often_a_question_of_a_person_asks(
    redis: Redis, clock: ManualClock, text: str, count: int
) -> None:
    bot = make_bot(redis, clock, 3)
    fill(bot, 3, waiting=2, ended=2)
    bot.type("/deploy lock s1 looking at it")

    assert questions_of(bot, text, text) == count


def test_a_deploy_asks_no_more_because_others_wait(redis: Redis, clock: ManualClock) -> None:
    counts = []
    for waiting in (2, 12):
        redis.flushall()
        bot = make_bot(redis, clock, 3)
        fill(bot, 2, waiting=waiting, ended=waiting)
        counts.append(questions_of(bot, "s1 3.0.0", "s1 3.1.0"))

    assert counts[1] == counts[0]


@pytest.mark.parametrize(
    "text",
    ["help", "locks", "status", "status s0", "history", "cancel", "cancel s0", "reject s0 no"],
)
def test_an_answer_asks_no_more_because_there_is_more_to_tell(
    redis: Redis, clock: ManualClock, text: str
) -> None:
    counts = []
    for services in (2, 6):
        redis.flushall()
        bot = make_bot(redis, clock, services)
        fill(bot, services, waiting=1, ended=1)
        for index in range(0, services, 2):
            bot.type(f"/deploy s{index},s{index + 1} 3.0.0")
        for index in range(services):
            bot.type(f"/deploy lock s{index} looking at it")
        counts.append(questions_of(bot, text, text))

    assert counts[1] == counts[0]


def test_a_calendar_that_many_services_share_is_read_once(redis: Redis, clock: ManualClock) -> None:
    counts = []
    for services in (2, 6):
        redis.flushall()
        bot = make_bot(redis, clock, services, freezes=(FreezeEntry(calendar=CALENDAR),))
        counts.append(questions_of(bot, "status", "status"))
        assert bot.type("/deploy status").count("is frozen, because the calendar") == services

    assert counts[1] == counts[0]


def test_a_calendar_is_read_once_however_many_may_be_held_by_it(redis: Redis, clock: ManualClock) -> None:
    counts = []
    for services in (2, 4):
        redis.flushall()
        FreezeCalendars(redis).save(CALENDAR, "UTC", (), clock())
        bot = make_bot(redis, clock, services, freezes=(FreezeEntry(calendar=CALENDAR),))
        fill(bot, services, waiting=1, ended=1)
        counts.append(questions_of(bot, "status", "status"))
        assert bot.type("/deploy status").count("2nd in the queue, expected to start") == services

    assert counts[1] == counts[0]


def test_a_record_that_has_not_changed_is_not_parsed_again(
    redis: Redis, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = make_bot(redis, clock, 6)
    fill(bot, 6, ended=1)
    before = bot.type("/deploy status")
    parsed: list[bytes | str] = []
    from_json = Deploy.from_json

    def parse(stored: bytes | str) -> Deploy:
        parsed.append(stored)
        return from_json(stored)

    monkeypatch.setattr(Deploy, "from_json", parse)

    assert bot.type("/deploy status") == before
    assert parsed == []

    end(bot, bot.context.store.active()[0])
    parsed.clear()
    after = bot.type("/deploy status")

    assert "*Ended lately*\n• `s0` `1.1.0` succeeded" in after
    assert len(parsed) == 1


def test_what_ended_is_told_although_more_than_are_read_are_newer(redis: Redis, clock: ManualClock) -> None:
    bot = make_bot(redis, clock, MAX_READ + 2)
    bot.type("/deploy s0 1.0.0")
    end(bot, bot.only_deploy())
    names = [f"s{number}" for number in range(1, MAX_READ + 2)]
    for first in range(0, len(names), MAX_SERVICES):
        clock.advance(1)
        bot.type(f"/deploy {','.join(names[first : first + MAX_SERVICES])} 2.0.0")
    assert len(bot.context.store.active()) == MAX_READ + 1

    assert "*Ended lately*\n• `s0` `1.0.0` succeeded" in bot.type("/deploy status")
