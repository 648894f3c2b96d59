"""Redis that loses its last writes: the records go back to how they were some commits ago."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from redis import Redis

from deploys.connection import texts
from deploys.keys import PREFIX
from deploys.store import Store

LOST_WITH_IT = ("lease:", "redis-run")
"""Leases are over by the time that Redis is back, and the Redis that is back is another one."""


def written(redis: Redis) -> dict[str, bytes]:
    """All of Slipway's keys, as they are."""
    return {key: value for key in texts(redis.keys(f"{PREFIX}*")) if (value := redis.dump(key)) is not None}


def restore(redis: Redis, kept: dict[str, bytes]) -> None:
    """Puts Redis back to that, as a restart does that lost what was written since."""
    redis.flushall()
    for key, value in kept.items():
        if not any(each in key for each in LOST_WITH_IT):
            redis.restore(key, 0, value)
    redis.set(f"{PREFIX}redis-run", "the one before")


class Journal:
    """What Redis held before each change of a record."""

    def __init__(self, redis: Redis, patch: pytest.MonkeyPatch) -> None:
        self._redis = redis
        self._before: list[dict[str, bytes]] = []
        for name in ("commit", "amend"):
            patch.setattr(Store, name, self._noting(getattr(Store, name)))

    def _noting(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def noting(*args: Any, **kwargs: Any) -> Any:
            before = written(self._redis)
            result = real(*args, **kwargs)
            self._before.append(before)
            return result

        return noting

    def lose(self, commits: int) -> None:
        """Redis comes back without the last so many changes of records."""
        restore(self._redis, self._before[-min(commits, len(self._before))])
