from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.ecs import EcsSandbox, ManualClock
from tests.sandbox.ecs.shapes import watch
from tests.shortcut import shorten_for


@pytest.fixture
def ecs() -> Iterator[EcsSandbox]:
    """A region whose time stands still until the test advances it."""
    with EcsSandbox(clock=ManualClock(), seed=7) as sandbox:
        yield sandbox


@pytest.fixture
def client(ecs: EcsSandbox) -> Any:
    """boto3's ECS client, every answer to it checked against Amazon's model."""
    return watch(shorten_for(ecs.client("ecs"), ecs))
