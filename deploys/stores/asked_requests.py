"""The requests that others are asked to run, in Redis until their messages have ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from redis import Redis

from deploys.errors import UnknownSchema
from deploys.records.asked_request import AskedRequest
from deploys.redis_connection import to_text, to_texts
from deploys.stores import redis_keys
from deploys.stores.refused_requests import KEPT_SECONDS

LEASE_SECONDS = 60
"""How long one worker has a message to itself, and one person the run of it (seconds)."""
FORGOTTEN_SECONDS = 2 * 86_400
"""Nothing is kept longer, whatever Slack does."""


@dataclass(frozen=True)
class AskedState:
    """A request, and what became of it."""

    asked: AskedRequest
    ts: str = ""
    """The message that calls them; empty: it is not posted yet."""
    run_by: str = ""
    """Who ran it; empty: nobody did."""

    def is_over(self, now: float) -> bool:
        """Whether nobody can run it any more."""
        return bool(self.run_by) or now >= self.asked.asked_at + KEPT_SECONDS


class AskedRequests:
    """Each is a hash, whose fields are written by different processes."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def add(self, asked: AskedRequest) -> None:
        """Keeps it; a worker posts it."""
        key = redis_keys.asked_request(asked.id)
        pipe = self._redis.pipeline()
        pipe.hset(key, "record", asked.to_json())
        pipe.expire(key, FORGOTTEN_SECONDS)
        pipe.zadd(redis_keys.ASKED_REQUESTS, {asked.id: asked.asked_at})
        pipe.execute()

    def find(self, asked_id: str) -> AskedState | None:
        """The request; None: it is over, or another version of Slipway wrote it."""
        stored: Mapping[Any, Any] = self._redis.hgetall(redis_keys.asked_request(asked_id))
        fields = {to_text(name): to_text(value) for name, value in stored.items()}
        if "record" not in fields:
            return None
        try:
            asked = AskedRequest.from_json(fields["record"])
        except UnknownSchema:
            return None
        return AskedState(asked, fields.get("ts", ""), fields.get("run_by", ""))

    def all(self) -> list[str]:
        """Ids of those whose message is to be posted, or may still have to be edited, the oldest first."""
        return to_texts(self._redis.zrange(redis_keys.ASKED_REQUESTS, 0, -1))

    def claim(self, asked_id: str, what: str, by: str = "") -> bool:
        """The right to run it, or to write its message; False if somebody else has it. by: the person."""
        return bool(self._redis.set(_lease(asked_id, what), by, nx=True, ex=LEASE_SECONDS))

    def claimed_by(self, asked_id: str, what: str) -> str:
        """The person who has that right now; empty if nobody has."""
        return to_text(self._redis.get(_lease(asked_id, what)) or "")

    def release(self, asked_id: str, what: str) -> None:
        """Returns the right."""
        self._redis.delete(_lease(asked_id, what))

    def note_posted(self, asked_id: str, ts: str) -> None:
        """Slack has its message."""
        self._redis.hset(redis_keys.asked_request(asked_id), "ts", ts)

    def note_run(self, asked_id: str, user: str) -> None:
        """Somebody ran it."""
        self._redis.hset(redis_keys.asked_request(asked_id), "run_by", user)

    def remove(self, asked_id: str) -> None:
        """Its message says how it ended, or will never do so. Who presses a moment later is still told."""
        pipe = self._redis.pipeline()
        pipe.expire(redis_keys.asked_request(asked_id), KEPT_SECONDS)
        pipe.zrem(redis_keys.ASKED_REQUESTS, asked_id)
        pipe.execute()


def _lease(asked_id: str, what: str) -> str:
    return f"{redis_keys.asked_request(asked_id)}:{what}"
