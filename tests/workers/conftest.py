"""The engine against the sandbox's ECS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from redis import Redis

from sandbox.ecs import EcsSandbox, ManualClock
from tests.builders import NOW
from tests.in_process_aws import call_sandbox_in_process
from tests.workers import engine_harness
from tests.workers.engine_harness import TIMING, EngineHarness


@pytest.fixture
def ecs(monkeypatch: pytest.MonkeyPatch) -> Iterator[EcsSandbox]:
    """A fresh ECS region whose time the test moves; boto3 of this process goes there."""
    with EcsSandbox(clock=ManualClock(start=NOW), seed=1) as sandbox:
        call_sandbox_in_process(sandbox, monkeypatch)
        yield sandbox


@pytest.fixture
def harness(ecs: EcsSandbox, redis: Redis) -> EngineHarness:
    """An engine, an empty store and that region."""
    return EngineHarness(ecs, redis)


@pytest.fixture
def short_watch_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rollouts are read as often as the default of WATCH_SECONDS has it."""
    monkeypatch.setattr(engine_harness, "TIMING", replace(TIMING, watch_seconds=5))
