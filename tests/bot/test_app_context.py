"""What is checked before the bot serves."""

from __future__ import annotations

import time

import pytest

from bot import app_context
from deploys.errors import RedisUnreachable
from deploys.process_startup import wait_for_redis
from sandbox.ports import free_port


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
