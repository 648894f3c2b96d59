"""The engine against the sandbox's ECS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from redis import Redis

from sandbox.ecs import EcsSandbox, ManualClock
from tests.builders import NOW
from tests.shortcut import shorten
from tests.workers.yard import Yard


@pytest.fixture
def ecs(monkeypatch: pytest.MonkeyPatch) -> Iterator[EcsSandbox]:
    """A fresh ECS region whose time the test moves; boto3 of this process goes there."""
    with EcsSandbox(clock=ManualClock(start=NOW), seed=1) as sandbox:
        shorten(sandbox, monkeypatch)
        yield sandbox


@pytest.fixture
def yard(ecs: EcsSandbox, redis: Redis) -> Yard:
    """An engine, an empty store and that region."""
    return Yard(ecs, redis)
