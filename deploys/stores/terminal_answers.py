"""Answers of workers to what was asked on the command line: they go through Redis, and never to Slack."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from redis import Redis

from deploys.redis_connection import to_text
from deploys.stores import redis_keys

KEPT_SECONDS = 600
"""As long as a worker may take to begin with it (`deploys.job_queue.UNREPEATED_JOBS`), and to be fetched."""
POLL_SECONDS = 0.1


class TerminalAnswer(NamedTuple):
    """What a worker answered."""

    text: str
    blocks: Sequence[dict[str, Any]] = ()
    """The same with a table, or with the buttons that lift a refusal; empty: it has neither."""
    is_refusal: bool = False


class TerminalAnswers:
    """Questions of the command line, and their answers."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def expect(self, query_id: str, identity: str) -> None:
        """The answer to this query is waited for at a terminal, by who has this identity there."""
        self._redis.set(redis_keys.terminal_query(query_id), identity, ex=KEPT_SECONDS)

    def asked_by(self, query_id: str) -> str:
        """The identity of who waits at a terminal; empty: the answer goes to Slack."""
        identity = self._redis.get(redis_keys.terminal_query(query_id))
        return to_text(identity) if identity else ""

    def save(self, query_id: str, answer: TerminalAnswer) -> None:
        """Keeps the answer until it is fetched."""
        self._redis.set(redis_keys.terminal_answer(query_id), json.dumps(answer._asdict()), ex=KEPT_SECONDS)

    def wait(
        self, query_id: str, seconds: float, *, sleep: Callable[[float], None] = time.sleep
    ) -> TerminalAnswer | None:
        """The answer, once; None if there is none within so many seconds."""
        until = time.monotonic() + seconds
        while True:
            if stored := self._redis.getdel(redis_keys.terminal_answer(query_id)):
                return TerminalAnswer(**json.loads(to_text(stored)))
            if time.monotonic() >= until:
                return None
            sleep(POLL_SECONDS)
