"""Which processes run: each says every few seconds that it lives, and its version."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any, cast

import structlog
from redis import Redis
from redis.exceptions import NoPermissionError

from deploys.redis_connection import to_text
from deploys.redis_outage import REDIS_OUTAGE
from deploys.stores import redis_keys
from deploys.stores.claim_holder import uptime

log = structlog.get_logger()

DISTRIBUTION = "slipway-bot"
WRITE_SECONDS = 15.0
"""Between two heartbeats of a process (seconds)."""
STOP_SECONDS = 2.0
"""How long a process that ends waits until its heartbeat is removed (seconds)."""
LIVES_SECONDS = 90.0
"""A process counts as running for so long after its heartbeat (seconds): a worker writes none while it runs a
job, which may take a minute."""


@dataclass(frozen=True)
class Heartbeat:
    """A process that runs."""

    process: str
    """`bot`, `web`, `worker`, `scheduler` or `events`."""
    host: str
    pid: int
    version: str


class HeartbeatWriter:
    """Writes the heartbeats of this process."""

    def __init__(self, redis: Redis, process: str, *, now: Callable[[], float] = uptime) -> None:
        self._redis = redis
        self._member = json.dumps(
            asdict(Heartbeat(process, socket.gethostname(), os.getpid(), version(DISTRIBUTION)))
        )
        self._now = now
        self._next_at = self._removes_at = now()
        self._redis_clock_ahead = 0.0
        """Redis's time (epoch seconds) less `now`: asked for once in LIVES_SECONDS."""

    def write(self) -> None:
        """Writes one if it is due, by Redis's own clock. Without the right to do so it writes none.

        Raises RedisError.
        """
        if self._now() < self._next_at:
            return
        self._next_at = self._now() + WRITE_SECONDS
        try:
            if removes := self._now() >= self._removes_at:
                self._redis_clock_ahead = _now(self._redis) - self._now()
            now = self._redis_clock_ahead + self._now()
            pipe = self._redis.pipeline(transaction=False)
            pipe.zadd(redis_keys.HEARTBEATS, {self._member: now})
            if removes:
                pipe.zremrangebyscore(redis_keys.HEARTBEATS, "-inf", now - LIVES_SECONDS)
            pipe.execute()
            if removes:
                self._removes_at = self._now() + LIVES_SECONDS
        except NoPermissionError as error:
            self._next_at = float("inf")
            log.warning(
                "`slipway doctor` cannot see this process: Redis's ACL rules are older", error=str(error)
            )

    def remove(self) -> None:
        """The process ends. Raises RedisError."""
        if self._next_at < float("inf"):
            self._redis.zrem(redis_keys.HEARTBEATS, self._member)


class HeartbeatThread:
    """Writes the heartbeats of a process that has no loop of its own."""

    def __init__(self, redis: Redis, process: str) -> None:
        self._redis = redis
        self._process = process
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeats", daemon=True)

    def start(self) -> None:
        """To be called in the process that lives: a thread does not outlive a fork."""
        self._thread.start()

    def stop(self) -> None:
        """The process ends."""
        self._stopping.set()
        if self._thread.ident:
            self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        writer = HeartbeatWriter(self._redis, self._process)
        is_over = False
        while not is_over:
            with REDIS_OUTAGE.tolerate_errors():
                writer.write()
                REDIS_OUTAGE.record_recovery()
            is_over = self._stopping.wait(WRITE_SECONDS)
        with REDIS_OUTAGE.tolerate_errors():
            writer.remove()


def read_heartbeats(redis: Redis) -> list[Heartbeat]:
    """The processes that run now."""
    members = redis.zrangebyscore(redis_keys.HEARTBEATS, _now(redis) - LIVES_SECONDS, "+inf")
    return [Heartbeat(**json.loads(to_text(each))) for each in cast("list[Any]", members)]


def _now(redis: Redis) -> float:
    """Redis's own time (epoch seconds): the clocks of two machines may differ."""
    seconds, microseconds = redis.time()
    return seconds + microseconds / 1e6
