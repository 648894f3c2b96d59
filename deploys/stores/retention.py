"""Deletes what ended long ago, so that Redis's memory has a bound. What is open is never deleted."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from redis import Redis

from deploys.redis_connection import to_text, to_texts
from deploys.stores import redis_keys
from deploys.stores.lua_scripts import lua_script
from deploys.stores.thread_store import RESPONSE_URL_KEY, THREAD_KEY

BATCH_SIZE = 200
"""Deploys looked at in one call, beside those that are open (count)."""
DAY_SECONDS = 86_400


class _EndedDeploy(NamedTuple):
    service: str
    requester: str
    batch_id: str
    version: str


class Retention:
    """Deletes records whose deploy ended more than so many days ago: the record itself, its place in the
    histories, its thread, and its batch once no deploy of it is left."""

    def __init__(self, redis: Redis, days: int, *, now: Callable[[], float] = time.time) -> None:
        self._redis = redis
        self._seconds = days * DAY_SECONDS
        self._now = now
        self._expire = redis.register_script(_EXPIRE)

    def is_past(self, at: float) -> bool:
        """Whether a deploy that ended then (epoch seconds) may have no record any more."""
        return at < self._now() - self._seconds

    def expire(self) -> int:
        """Deletes the oldest of them; returns how many (count). What is left is for the next call."""
        # Open deploys stay at the old end of the history, so the search goes as far beyond them.
        most = BATCH_SIZE + int(self._redis.scard(redis_keys.ACTIVE_DEPLOYS))
        until = (self._now() - self._seconds) * 1000
        oldest = to_texts(self._redis.zrangebyscore(redis_keys.HISTORY, "-inf", until, start=0, num=most))
        return sum(self._expire_one(each) for each in oldest)

    def _expire_one(self, deploy_id: str) -> bool:
        stored = self._redis.hmget(redis_keys.record(deploy_id), "record", "version")
        if stored[0] is None:
            return self._redis.zrem(redis_keys.HISTORY, deploy_id) > 0
        ended = self._read(to_text(stored[0]), to_text(stored[1] or ""))
        if ended is None:
            return False
        keys = [
            redis_keys.record(deploy_id),
            redis_keys.ACTIVE_DEPLOYS,
            redis_keys.HISTORY,
            redis_keys.history(ended.service),
            redis_keys.DUE,
            redis_keys.NEXT_JOBS,
            redis_keys.PUBLISH,
            f"{THREAD_KEY}{deploy_id}",
            f"{RESPONSE_URL_KEY}{deploy_id}",
            redis_keys.PUBLISH_PRIORITIES,
            redis_keys.open_by(ended.requester),
        ]
        expired = bool(self._expire(keys=keys, args=[deploy_id, ended.version]))
        if expired and ended.batch_id:
            self._expire_batch(ended.batch_id)
        return expired

    def _read(self, record: str, version: str) -> _EndedDeploy | None:
        """What has to be known of a record that is past; None if it is not, or if that cannot be told.
        Records of every version of Slipway have these fields."""
        try:
            fields: dict[str, Any] = json.loads(record)
            if fields["phase"] != "ended" or not self.is_past(float(fields["ended_at"])):
                return None
            requester = (fields.get("request") or {}).get("requester") or ""
            return _EndedDeploy(fields["service"]["name"], requester, fields.get("batch_id") or "", version)
        except (ValueError, KeyError, TypeError):
            return None

    def _expire_batch(self, batch_id: str) -> None:
        """A batch never changes, and no deploy is added to it: without records it is nothing."""
        stored = self._redis.get(redis_keys.batch(batch_id))
        if stored is None:
            return
        deploys = json.loads(to_text(stored))["deploys"]
        if not self._redis.exists(*(redis_keys.record(each) for each in deploys)):
            self._redis.zrem(redis_keys.PUBLISH, batch_id)
            self._redis.hdel(redis_keys.PUBLISH_PRIORITIES, batch_id)
            self._redis.delete(redis_keys.batch(batch_id), f"{THREAD_KEY}{batch_id}")


_EXPIRE = lua_script("expire")
