"""The audit is read page by page, whatever its length, and no further than the question needs."""

from __future__ import annotations

from typing import Any

import pytest
from redis import Redis

from deploys.stores import audit, redis_keys

DAY_MS = 86_400_000
ENTRIES = 500


@pytest.fixture
def long_trail(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> Redis:
    """One entry a day, of ten services in turn; pages of ten entries."""
    monkeypatch.setattr(audit, "PAGE", 10)
    pipeline = redis.pipeline()
    for day in range(1, ENTRIES + 1):
        fields: dict[Any, Any] = {"at": "0", "who": "U1", "service": f"web{day % 10}", "deploy": f"d{day}"}
        pipeline.xadd(redis_keys.AUDIT, fields, id=f"{day * DAY_MS}-0")
    pipeline.execute()
    return redis


def reads(redis: Redis) -> int:
    stats: Any = redis.info("commandstats")
    return sum(stats.get(f"cmdstat_{name}", {}).get("calls", 0) for name in ("xrange", "xrevrange"))


@pytest.mark.parametrize(
    ("asked", "found", "pages"),
    [
        ({"count": 5}, 5, 1),
        ({"count": 25}, 25, 3),
        ({"service": "web3", "count": 2}, 2, 2),
        ({"since": (ENTRIES - 15) * 86_400.0}, 16, 3),
        ({"since": (ENTRIES - 15) * 86_400.0, "service": "nothing"}, 0, 3),
        ({"deploy_id": "d1"}, 1, ENTRIES // 10 + 1),
    ],
)
def test_no_more_pages_are_read_than_the_question_needs(
    long_trail: Redis, asked: dict[str, Any], found: int, pages: int
) -> None:
    before = reads(long_trail)

    rows = audit.trail(long_trail, **asked)

    assert len(rows) == found
    assert reads(long_trail) - before == pages


def test_the_entries_of_deploys_take_a_few_pages_at_most(long_trail: Redis) -> None:
    before = reads(long_trail)

    rows = audit.read_between(long_trail, {f"d{ENTRIES}"}, DAY_MS / 1000, ENTRIES * 86_400.0, 60)

    assert rows == []
    assert reads(long_trail) - before == audit.MAX_PAGES
