"""Redis loses its last writes: records are as they were some commits ago."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from redis import Redis

from deploys.redis_connection import to_texts
from deploys.stores.deploy_store import DeployStore
from deploys.stores.redis_keys import PREFIX, REDIS_RUN, lease

KEYS_NOT_RESTORED = (lease(""), REDIS_RUN)
"""Leases have expired when Redis is back, and the restarted Redis has another run id."""


def dump_keys(redis: Redis) -> dict[str, bytes]:
    """All of Slipway's keys with their values, as DUMP gives them."""
    keys = to_texts(redis.keys(f"{PREFIX}*"))
    pipe = redis.pipeline(transaction=False)
    for key in keys:
        pipe.dump(key)
    return {key: value for key, value in zip(keys, pipe.execute(), strict=True) if value is not None}


def restore_keys(redis: Redis, dump: dict[str, bytes]) -> None:
    """Restores Redis to this dump, like a restart that lost all later writes."""
    redis.flushall()
    for key, value in dump.items():
        if not key.startswith(KEYS_NOT_RESTORED):
            redis.restore(key, 0, value)
    redis.set(REDIS_RUN, "the one before")


class CommitJournal:
    """What Redis held before each change of a record."""

    def __init__(self, redis: Redis, patch: pytest.MonkeyPatch) -> None:
        self._redis = redis
        self._dumps: list[dict[str, bytes]] = []
        for name in ("commit", "amend"):
            patch.setattr(DeployStore, name, self._record_before(getattr(DeployStore, name)))

    def _record_before(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def noting(*args: Any, **kwargs: Any) -> Any:
            before = dump_keys(self._redis)
            result = real(*args, **kwargs)
            self._dumps.append(before)
            return result

        return noting

    def lose_commits(self, commits: int) -> None:
        """Restores Redis to the state before the last `commits` changes of records."""
        restore_keys(self._redis, self._dumps[-min(commits, len(self._dumps))])
