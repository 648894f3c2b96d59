from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from sandbox.ecs import EcsSandbox, ManualClock
from tests.in_process_aws import call_in_process, outside_client
from tests.sandbox.ecs.model_checks import check_responses


@pytest.fixture
def ecs() -> Iterator[EcsSandbox]:
    """A region whose time stands still until the test advances it."""
    with EcsSandbox(clock=ManualClock(), seed=7) as sandbox:
        yield sandbox


@pytest.fixture
def client(ecs: EcsSandbox) -> Iterator[Any]:
    """boto3's ECS client, every answer to it checked against Amazon's model."""
    with call_in_process(ecs, _checked_client()) as client:
        yield client


@cache
def _checked_client() -> Any:
    return check_responses(outside_client("ecs"))
