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
    """A fresh ECS region whose time the test moves; boto3 of this process is pointed at it."""
    with EcsSandbox(clock=ManualClock(start=NOW), seed=1) as sandbox:
        for name, value in {
            "AWS_ENDPOINT_URL": sandbox.url,
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "sandbox",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("AWS_PROFILE", raising=False)
        shorten(sandbox, monkeypatch)
        yield sandbox


@pytest.fixture
def yard(ecs: EcsSandbox, redis: Redis) -> Yard:
    """An engine, an empty store and that region."""
    return Yard(ecs, redis)
