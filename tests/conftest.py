"""Fixtures and settings for all tests."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any
from zlib import crc32

import botocore.session
import httpx
import pytest
import structlog
import typer.testing
from hypothesis import settings
from redis import Redis

from deploys import redaction
from deploys.redis_connection import connect
from deploys.stores.claim_holder import ClaimHolder
from sandbox.valkey import valkey
from tests.plain_redis_pool import with_plain_pool
from tests.process_forker import forker_address
from tests.xdist_grouping import GroupedScheduling

# Without bytecode on disk, every process of the tests compiles Slipway and rewrites their assertions again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

gc.disable()  # during collection: there is no garbage yet, and looking for it takes a third longer

settings.register_profile("suite", max_examples=30, deadline=None)
settings.load_profile("suite")  # `--hypothesis-profile=default` tries more examples

# Each boto3 session reads AWS's models again, which takes longer than most flow tests: once is enough.
botocore.session.create_loader = cache(botocore.session.create_loader)

# Each client, and each call without one, reads the certificates of all authorities again for a TLS context.
_httpx: Any = httpx
_httpx.create_ssl_context = cache(_httpx.create_ssl_context)
_httpx._transports.default.create_ssl_context = _httpx.create_ssl_context

# Typer builds all commands again for each one that a test types.
_typer: Any = typer.testing
_typer._get_command = cache(_typer._get_command)

# By default structlog lets rich draw each traceback with all variables, which takes longer than a deploy.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

SLOW_FILES = (
    "test_operations_page.py",
    "test_processes.py",
    "test_bot_process.py",
    "test_web_process.py",
    "test_redis_refuses.py",
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> GroupedScheduling:
    return GroupedScheduling(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """All test processes share one process that forks those of Slipway."""
    forker_address()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """`-n auto` means three more than there are cores: the groups of tests that share something slow
    begin first, and mostly wait for real processes or a browser. Each process collects all tests."""
    return None if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else (os.cpu_count() or 1) + 3


def pytest_collection_finish() -> None:
    """The collected tests live to the end, so the garbage collector never has to look at them again."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slowest files begin first, so that the run does not wait for them at the end. The scenarios follow
    one another, so that each demo is started once; so do the tests of the page, which share a browser.

    The other files are mixed: some mostly wait and some mostly compute, and a folder of one kind would leave
    the cores idle.
    """
    items.sort(
        key=lambda item: (
            item.path.name not in SLOW_FILES,
            item.path.parent.name != "scenarios",
            crc32(_together(item).encode()),
        )
    )


def _together(item: pytest.Item) -> str:
    """Whose tests follow one another: a file, or the folder of the files that share a browser."""
    file = item.nodeid.split("::")[0]
    return file.rpartition("/")[0] if item.path.parent.name == "page" else file


@pytest.fixture(scope="session")
def _valkey_url(redis_socket: Path) -> Iterator[str]:
    """The URL of this test process's Valkey."""
    with valkey(unixsocket=str(redis_socket)) as server:
        yield server.connection_url


@pytest.fixture(scope="session")
def redis_socket() -> Iterator[Path]:
    """Where the same Valkey can be reached with less work than over TCP."""
    with TemporaryDirectory(prefix="valkey-socket-") as folder:
        yield Path(folder) / "socket"


@pytest.fixture(scope="session")
def redis_client(_valkey_url: str, redis_socket: Path) -> Iterator[Redis]:
    """One client for all tests: connecting takes more round trips than many tests."""
    with with_plain_pool(connect(f"unix://{redis_socket}")) as client:
        yield client


@pytest.fixture
def redis(redis_client: Redis) -> Redis:
    """A client of an empty Valkey."""
    redis_client.flushall()
    return redis_client


@pytest.fixture
def redis_url(redis: Redis, _valkey_url: str) -> str:
    """The URL of the same Valkey."""
    return _valkey_url


@pytest.fixture(autouse=True)
def _no_heartbeat_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread renews the heartbeat of this process, which holds claims: a test says when it ends."""
    monkeypatch.setattr(ClaimHolder, "_start_thread", lambda _: Thread())


@pytest.fixture(autouse=True)
def _log_of_one_test() -> Iterator[None]:
    """What a test binds to the log, as a request does, ends with it."""
    yield
    structlog.contextvars.clear_contextvars()


@pytest.fixture(autouse=True)
def _secrets_of_one_test() -> Iterator[None]:
    """What a test gives a process to keep is no secret of the next test's."""
    before = dict(redaction._own_secrets)
    yield
    redaction._own_secrets.clear()
    redaction._own_secrets.update(before)
