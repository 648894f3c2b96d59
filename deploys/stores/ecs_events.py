"""Which deploys wait for ECS, what events of ECS make due, and whether such events arrive at all.

An event only says that something happened: nothing of its content is kept. What happened is read in ECS.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from redis import Redis

from deploys.redis_connection import to_texts
from deploys.stores import redis_keys
from deploys.stores.deploy_reader import to_ms
from deploys.stores.lua_scripts import lua_script

ALIVE_SECONDS = 30
"""Events count as arriving for so long after the queue was read (seconds): longer than a long poll, 20 s."""
MISSED_SECONDS = 600
"""Events do not count as arriving for so long after a rollout ended of which no event told (seconds)."""
REMEMBERED_SECONDS = 24 * 3600.0
"""How long it is known that an event told of a deploy (seconds)."""
TOLD_WITHIN_SECONDS = 30.0
"""An event about a rollout that is older than this should have arrived (seconds); most take under one."""
JUST_TOLD_SECONDS = 10.0
"""An event is taken for the news of what is read within this time after it (seconds)."""


class EcsEvents:
    """What Redis knows of events of ECS."""

    def __init__(self, redis: Redis, *, now: Callable[[], float] = time.time) -> None:
        self._redis = redis
        self._now = now

    def waiting(self) -> list[str]:
        """Ids of the deploys that wait for something to happen in ECS."""
        return to_texts(self._redis.hkeys(redis_keys.WAITS_FOR_ECS))

    def wake(self, wanted: Mapping[str, float], *, told: bool = True) -> dict[str, str]:
        """Makes deploys due at these times (epoch seconds), unless they are due before that or do not wait
        for ECS any more. A worker that is reading one of them now reads it once more.

        told: whether events told of them. Returns the job of each by its id.
        """
        if not wanted:
            return {}
        args: list[str | int] = [
            redis_keys.WAITS_FOR_ECS,
            redis_keys.NEXT_JOBS,
            to_ms(self._now()) if told else "",
        ]
        for deploy_id, at in wanted.items():
            args += [deploy_id, redis_keys.record(deploy_id), to_ms(at)]
        found: Any = self._redis.register_script(_WAKE)(
            keys=[redis_keys.EVENTS_PENDING, redis_keys.DUE, redis_keys.EVENTS_SEEN], args=args
        )
        return dict(zip(to_texts(found[::2]), to_texts(found[1::2]), strict=True))

    def confirm_arrival(self) -> bool:
        """The queue of events was read. Returns whether events count as arriving: not if some were missed."""
        missed, _ = self._pipeline(
            lambda pipe: (
                pipe.exists(redis_keys.EVENTS_MISSED),
                pipe.zremrangebyscore(
                    redis_keys.EVENTS_SEEN, "-inf", to_ms(self._now() - REMEMBERED_SECONDS)
                ),
            )
        )
        if not missed:
            self._redis.set(redis_keys.EVENTS_ALIVE, "1", ex=ALIVE_SECONDS)
        return not missed

    @property
    def arrive(self) -> bool:
        """Whether events arrive, so that ECS need not be read often."""
        return bool(self._redis.exists(redis_keys.EVENTS_ALIVE))

    @property
    def are_missed(self) -> bool:
        """Whether a rollout ended lately of which no event told."""
        return bool(self._redis.exists(redis_keys.EVENTS_MISSED))

    def judge_end(self, deploy_id: str, followed_since: float) -> tuple[bool, bool]:
        """A read found the end of something that was followed since then (epoch seconds). Returns whether an
        event has just told of this deploy, and whether events turn out to be missing: none has told of it,
        although they count as arriving. They then count as missing for some time.
        """
        alive, seen_ms = self._pipeline(
            lambda pipe: (
                pipe.exists(redis_keys.EVENTS_ALIVE),
                pipe.zscore(redis_keys.EVENTS_SEEN, deploy_id),
            )
        )
        now = self._now()
        if seen_ms is not None:
            return now - seen_ms / 1000 <= JUST_TOLD_SECONDS, False
        followed_for = now - followed_since
        missing = bool(alive) and TOLD_WITHIN_SECONDS < followed_for < REMEMBERED_SECONDS
        if missing:
            self._pipeline(
                lambda pipe: (
                    pipe.set(redis_keys.EVENTS_MISSED, deploy_id, ex=MISSED_SECONDS),
                    pipe.delete(redis_keys.EVENTS_ALIVE),
                )
            )
        return False, missing

    def _pipeline(self, commands: Callable[[Any], object]) -> Sequence[Any]:
        pipe = self._redis.pipeline(transaction=False)
        commands(pipe)
        found: Sequence[Any] = pipe.execute()
        return found


_WAKE = lua_script("wake")
