"""Counts what Redis is asked to do: a number that no busy machine changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from redis import Redis


def commands_of(redis: Redis, act: Callable[[], object]) -> Counter[str]:
    """How often Redis runs each command while this is done, also inside scripts."""
    redis.config_resetstat()
    act()
    stats: Any = redis.info("commandstats")
    counts = {name.removeprefix("cmdstat_"): each["calls"] for name, each in stats.items()}
    counts.pop("config|resetstat", None)
    return Counter(counts)
