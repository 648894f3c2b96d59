"""What tests of every room use."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any
from zlib import crc32

import botocore.session
import pytest
from hypothesis import settings
from redis import Redis

from deploys.redis_connection import connect
from sandbox.valkey import valkey
from tests.xdist_grouping import GroupedScheduling

# Without bytecode on disk, every process of the tests compiles Slipway and rewrites their assertions again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

gc.disable()  # until all is collected: nothing of that is garbage, and looking for some takes a third longer

settings.register_profile("suite", max_examples=30, deadline=None)
settings.load_profile("suite")  # `--hypothesis-profile=default` looks longer

# Each boto3 session reads AWS's models anew, which takes longer than most flow tests: once is enough.
botocore.session.create_loader = cache(botocore.session.create_loader)

SLOW_FILES = ("test_processes.py", "test_bot_process.py", "test_web_process.py", "test_redis_refuses.py")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> GroupedScheduling:
    return GroupedScheduling(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """`-n auto` takes four more than there are cores: the four groups of tests that share something slow
    begin first, and mostly wait for real processes or a browser."""
    return None if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else (os.cpu_count() or 1) + 4


def pytest_collection_finish() -> None:
    """What was collected lives to the end: it is never looked through for garbage again."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits longest begins first, so that nothing is waited for at the end. The other files are mixed:
    some mostly wait and some mostly compute, and a room full of one kind would leave the cores idle."""
    items.sort(
        key=lambda item: (item.path.name not in SLOW_FILES, crc32(item.nodeid.split("::")[0].encode()))
    )


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The address of a Valkey of this test process."""
    with valkey() as server:
        yield server.connection_url


@pytest.fixture(scope="session")
def connected(redis_url: str) -> Iterator[Redis]:
    """One client for all: connecting takes more exchanges than many a test."""
    with connect(redis_url) as client:
        yield client


@pytest.fixture
def redis(connected: Redis) -> Redis:
    """An empty Valkey."""
    connected.flushall()
    return connected
