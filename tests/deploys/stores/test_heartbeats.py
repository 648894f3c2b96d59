"""Which processes run."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Any

import pytest
from redis import Redis
from structlog.testing import capture_logs

from deploys.redis_connection import connect
from deploys.redis_outage import REDIS_OUTAGE
from deploys.stores import heartbeats, redis_keys
from deploys.stores.heartbeats import (
    LIVES_SECONDS,
    WRITE_SECONDS,
    Heartbeat,
    HeartbeatThread,
    HeartbeatWriter,
    read_heartbeats,
)
from sandbox.valkey import refusing_commands, valkey
from tests.redis_acl import apply_rules, url_of

OWN: dict[str, Any] = {"host": socket.gethostname(), "pid": os.getpid(), "version": version("slipway-bot")}


class Uptime:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_process_says_that_it_lives_every_few_seconds_until_it_ends(redis: Redis) -> None:
    uptime = Uptime()
    scheduler = HeartbeatWriter(redis, "scheduler", now=uptime)
    worker = HeartbeatWriter(redis, "worker", now=uptime)

    scheduler.write()
    worker.write()
    assert read_heartbeats(redis) == [Heartbeat("scheduler", **OWN), Heartbeat("worker", **OWN)]

    redis.delete(redis_keys.HEARTBEATS)
    scheduler.write()
    assert read_heartbeats(redis) == [], "it has just written one"

    uptime.seconds = WRITE_SECONDS
    scheduler.write()
    worker.write()
    worker.remove()
    assert read_heartbeats(redis) == [Heartbeat("scheduler", **OWN)]


def test_a_process_that_was_killed_is_forgotten(redis: Redis) -> None:
    """By Redis's clock: those of two machines may differ."""
    HeartbeatWriter(redis, "worker").write()
    [(member, at)] = entries(redis)

    redis.zadd(redis_keys.HEARTBEATS, {member: at - LIVES_SECONDS - 1})
    assert read_heartbeats(redis) == []

    HeartbeatWriter(redis, "scheduler").write()
    assert len(entries(redis)) == 1


def test_a_thread_writes_until_the_process_ends_and_outlives_an_outage(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeats, "WRITE_SECONDS", 0.05)
    thread = HeartbeatThread(redis, "bot")
    REDIS_OUTAGE.record_recovery()  # from whatever another test left

    with capture_logs() as lines:

        def has_logged(text: str) -> bool:
            return text in str(lines)

        with refusing_commands(redis, "OOM"):
            thread.start()
            wait_until(lambda: has_logged("is full"))
        wait_until(lambda: read_heartbeats(redis) == [Heartbeat("bot", **OWN)])
        wait_until(lambda: has_logged("Redis answers again"))

        thread.stop()

    assert read_heartbeats(redis) == []


def test_a_thread_that_was_never_started_can_be_stopped(redis: Redis) -> None:
    """A process of gunicorn that fails before it serves."""
    HeartbeatThread(redis, "web").stop()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(scope="module")
def older_rules() -> Iterator[Redis]:
    """The scheduler's user as it was before there were heartbeats."""
    with valkey() as server, connect(server.connection_url) as admin:
        apply_rules(admin)
        admin.acl_setuser(
            "slipway-scheduler",
            enabled=True,
            reset_keys=True,
            passwords=["+SCHEDULER_PASSWORD"],
            keys=["rq:*"],
            categories=["+@all"],
        )
        yield connect(url_of("scheduler", server.port))


def test_without_the_right_to_write_it_writes_none_and_goes_on(
    older_rules: Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    uptime = Uptime()
    writer = HeartbeatWriter(older_rules, "scheduler", now=uptime)

    for uptime.seconds in (0.0, 10.0, 1000.0):
        writer.write()
    writer.remove()

    assert capsys.readouterr().out.count("`slipway doctor` cannot see this process") == 1


def entries(redis: Redis) -> list[Any]:
    return redis.zrange(redis_keys.HEARTBEATS, 0, -1, withscores=True)
