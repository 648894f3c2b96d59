"""How often the rollouts of each account and region are looked at, as the workers found it last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from pydantic import TypeAdapter
from redis import Redis

from deploys.job_queue import WATCH_PREFIX
from deploys.records.record import Record
from deploys.redis_connection import to_text, to_texts
from deploys.stores import redis_keys

EVENT_SECONDS = 60.0
"""Between two looks while ECS's events come in: they only find what no event has told (seconds)."""
KEPT_SECONDS = 3600
"""For `slipway doctor` and the metrics, if nobody looks at anything any more."""


class WatchInterval(Record):
    """The looks at the rollouts in one account and region."""

    deploys: int
    """Deploys whose rollouts are looked at (count)."""
    seconds: float
    """Between two looks, without events."""


class WatchIntervals(Record):
    """All of them."""

    at: float
    """When that was found (epoch seconds)."""
    places: Mapping[str, WatchInterval]
    """By `account/region`."""


_STORED = TypeAdapter(WatchIntervals)


def read_intervals(redis: Redis) -> tuple[WatchIntervals | None, bool]:
    """What was found last, and whether ECS's events come in."""
    stored, alive = redis.mget(redis_keys.WATCH_INTERVALS, redis_keys.EVENTS_ALIVE)
    return (None if stored is None else _STORED.validate_json(stored)), alive is not None


def save_intervals(redis: Redis, found: WatchIntervals) -> None:
    """For everybody, for an hour."""
    redis.set(redis_keys.WATCH_INTERVALS, found.model_dump_json(), ex=KEPT_SECONDS)


def count_watched(redis: Redis) -> Mapping[str, int]:
    """How many deploys are watched in each cluster, by `Deploy.cluster_key`."""
    jobs = map(to_text, to_texts(redis.hvals(redis_keys.NEXT_JOBS)))
    return Counter(job.removeprefix(WATCH_PREFIX) for job in jobs if job.startswith(WATCH_PREFIX))
