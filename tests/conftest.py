"""What tests of every room use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings
from redis import Redis

from deploys.connection import connect
from sandbox.valkey import valkey

settings.register_profile("suite", max_examples=30, deadline=None)
settings.load_profile("suite")  # `--hypothesis-profile=default` looks longer


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The address of a Valkey of this test process."""
    with valkey() as server:
        yield server.connection_url


@pytest.fixture
def redis(redis_url: str) -> Redis:
    """An empty Valkey."""
    client = connect(redis_url)
    client.flushall()
    return client
