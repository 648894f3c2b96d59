"""What a new connection to Redis costs."""

from __future__ import annotations

from typing import Any

import pytest
from redis import Redis

from deploys.redis_connection import connect


def calls(redis: Redis) -> dict[str, int]:
    stats: dict[str, dict[str, Any]] = redis.info("commandstats")
    return {name: int(each["calls"]) for name, each in stats.items()}


def test_it_says_hello_and_neither_reads_nor_tells_which_version_of_redis_py_it_is(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_metadata(_: str) -> str:
        raise AssertionError("a file was read for a new connection")

    monkeypatch.setattr("importlib.metadata.version", read_metadata)
    before = calls(redis)

    connect(redis_url).ping()

    after = calls(redis)
    assert after["cmdstat_hello"] == before.get("cmdstat_hello", 0) + 1
    assert after.get("cmdstat_client|setinfo") == before.get("cmdstat_client|setinfo")
