"""What Redis and RQ did, seen from outside."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from redis import Redis

from deploys.redis_connection import to_text

SAMPLE_SECONDS = 0.25


def commands_done(redis: Redis) -> int:
    """Commands that Redis has run so far, also those inside scripts (count)."""
    stats: dict[str, dict[str, Any]] = redis.info("commandstats")
    return sum(int(each["calls"]) for each in stats.values())


def jobs_waiting(redis: Redis) -> int:
    """Jobs that wait for a worker, in all queues of RQ (count)."""
    queues = [to_text(each) for each in redis.smembers("rq:queues")]
    return sum(int(redis.llen(each)) for each in queues)


@dataclass
class QueueSamples:
    """Looks several times a second how many jobs wait; a context."""

    redis: Redis
    waiting: list[int] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> QueueSamples:
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(SAMPLE_SECONDS):
            self.waiting.append(jobs_waiting(self.redis))

    @property
    def median(self) -> float:
        """Jobs that wait, in the middle of the samples (count)."""
        return float(median(self.waiting)) if self.waiting else 0.0

    @property
    def max(self) -> float:
        """The most jobs that waited in a sample (count)."""
        return float(max(self.waiting, default=0))


def sets_per_second(redis: Redis, seconds: float = 1.0) -> float:
    """SETs that this Redis takes one after the other from one client, each of them on disk (a second)."""
    began, done = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        redis.set("benchmark:set", done)
        done += 1
    redis.delete("benchmark:set")
    return done / (time.perf_counter() - began)
