"""Until when jobs that the scheduler enqueues at intervals have nothing to do, as the last of them found."""

from __future__ import annotations

from typing import Any

from redis import Redis

from deploys.redis_connection import to_text
from deploys.stores import redis_keys

LONGEST_SECONDS = 6 * 3600.0
"""A rest that ends later was noted by another clock, and counts as none (seconds)."""


class JobRests:
    """The rests of jobs, by their names. Times are epoch seconds."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def note(self, job: str, until: float | None) -> None:
        """A job of this name has nothing to do before then; None: it may have something at any time."""
        if until is None:
            self._redis.hdel(redis_keys.JOB_RESTS, job)
        else:
            self._redis.hset(redis_keys.JOB_RESTS, job, repr(until))

    def resting(self, now: float) -> frozenset[str]:
        """The jobs that have nothing to do now."""
        found: Any = self._redis.hgetall(redis_keys.JOB_RESTS)
        return frozenset(to_text(job) for job, at in found.items() if _is_ahead(at, now))

    def is_resting(self, job: str, now: float) -> bool:
        """Whether this job has nothing to do now."""
        found: Any = self._redis.hget(redis_keys.JOB_RESTS, job)
        return found is not None and _is_ahead(found, now)


def _is_ahead(until: bytes | str, now: float) -> bool:
    return now < float(to_text(until)) <= now + LONGEST_SECONDS
