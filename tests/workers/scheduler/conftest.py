"""The schedulers of a test."""

from __future__ import annotations

import pytest
from redis import Redis

from tests.workers.scheduler.scheduler_harness import SchedulerHarness


@pytest.fixture
def harness(redis: Redis, redis_url: str) -> SchedulerHarness:
    return SchedulerHarness(redis_url)
