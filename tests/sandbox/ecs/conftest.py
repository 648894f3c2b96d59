from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from sandbox.ecs import EcsSandbox, ManualClock
from tests.sandbox.ecs.shapes import watch
from tests.shortcut import answered_by, someone


@pytest.fixture
def ecs() -> Iterator[EcsSandbox]:
    """A region whose time stands still until the test advances it."""
    with EcsSandbox(clock=ManualClock(), seed=7) as sandbox:
        yield sandbox


@pytest.fixture
def client(ecs: EcsSandbox) -> Iterator[Any]:
    """boto3's ECS client, every answer to it checked against Amazon's model."""
    with answered_by(ecs, _watched()) as client:
        yield client


@cache
def _watched() -> Any:
    return watch(someone("ecs"))
