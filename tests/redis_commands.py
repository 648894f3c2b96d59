"""Counts what Redis is asked to do, and how often something waits for its answer: no busy machine changes
that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from redis import Redis
from redis.connection import AbstractConnection


def commands_of(redis: Redis, act: Callable[[], object]) -> Counter[str]:
    """How often Redis runs each command while this is done, also inside scripts."""
    redis.config_resetstat()
    act()
    stats: Any = redis.info("commandstats")
    counts = {name.removeprefix("cmdstat_"): each["calls"] for name, each in stats.items()}
    counts.pop("config|resetstat", None)
    return Counter(counts)


@contextmanager
def counted_questions() -> Iterator[list[int]]:
    """One entry for each time that something waits for Redis in the block, in any thread."""
    asked: list[int] = []
    send: Any = AbstractConnection.send_packed_command

    def count(connection: AbstractConnection, *args: Any, **kwargs: Any) -> None:
        asked.append(1)
        send(connection, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(AbstractConnection, "send_packed_command", count)
        yield asked
