"""What is checked before the bot serves."""

from __future__ import annotations

import time

import pytest
from redis import Redis
from redis.connection import Connection

from bot import app_context
from bot.app_context import AppContext, build_app_context
from deploys.catalogue.catalogue import Catalogue
from deploys.errors import RedisUnreachable
from deploys.process_startup import wait_for_redis
from deploys.stores.slack_directory import SlackDirectory
from sandbox.ports import free_port
from tests.bot.bot_harness import (
    ALICE,
    BOT_IDENTITY,
    DEPLOYS_CHANNEL,
    BotHarness,
    ManualClock,
    RecordedViews,
)
from tests.builders import a_service
from tests.slack_directory import a_channel, a_person


def test_a_redis_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    redis = app_context.connect_to_redis(f"redis://127.0.0.1:{free_port()}/0")

    with pytest.raises(RedisUnreachable) as silent:
        wait_for_redis(redis, timeout=0)

    assert silent.value.message.startswith("Redis does not answer at REDIS_URL (")
    assert "cannot start without it" in silent.value.message


def test_a_redis_that_comes_up_late_is_waited_for(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = app_context.connect_to_redis(f"redis://127.0.0.1:{free_port()}/0")
    present = app_context.connect_to_redis(redis_url)
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        absent.connection_pool = present.connection_pool

    monkeypatch.setattr(time, "sleep", nap)
    wait_for_redis(absent, timeout=5)

    assert naps


def test_a_hanging_redis_leaves_time_to_say_so() -> None:
    kwargs = app_context.connect_to_redis("redis://127.0.0.1:1/0").connection_pool.connection_kwargs

    tries = 1 + kwargs["retry"].get_retries()
    assert tries * kwargs["socket_timeout"] < 3
    assert tries * kwargs["socket_connect_timeout"] < 3


def context_at(redis_url: str, clock: ManualClock) -> AppContext:
    """With connections of its own."""
    own, for_rq = (app_context.connect_to_redis(redis_url) for _ in range(2))
    catalogue = Catalogue({"web": a_service("web")})
    return build_app_context(BOT_IDENTITY, catalogue, own, for_rq, now=clock, views=RecordedViews())


def test_the_first_request_needs_no_new_connection_to_redis(
    redis: Redis, redis_url: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = SlackDirectory(redis)
    directory.save_person(ALICE, a_person(read_at=clock()))
    directory.save_channel(DEPLOYS_CHANNEL, a_channel(read_at=clock()))
    context = context_at(redis_url, clock)
    context.open_connections()

    def connect(_: Connection) -> None:
        raise AssertionError("a request had to connect")

    monkeypatch.setattr(Connection, "_connect", connect)

    assert BotHarness(context, redis, clock).type("/deploy web 1.4.2").startswith("Queued: `web` `1.4.2`")


def test_a_redis_that_is_away_is_asked_again_by_the_first_request(clock: ManualClock) -> None:
    context_at(f"redis://127.0.0.1:{free_port()}/0", clock).open_connections()
