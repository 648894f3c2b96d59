"""What each process loads: the memory of a process is mostly what it has loaded."""

from __future__ import annotations

import subprocess
import sys
from functools import cache

import pytest

NEVER = {"opentelemetry", "prometheus_client", "pygments", "rich", "typer"}
"""Only what serves metrics uses `prometheus_client`. redis-py and structlog load OpenTelemetry and rich if
nobody stops them."""
LOADED_IN_ORDER = (
    ("workers.__main__", "workers.scheduler", "workers.events.__main__", "workers.worker"),
    ("bot.web", "bot.__main__"),
    ("workers", "deploys.telemetry.exposition"),
)
"""What one Python loads, one after the other: each loads more than those before it."""


def run(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


@cache
def loaded_in(order: tuple[str, ...]) -> dict[str, set[str]]:
    """The modules that are there once each of these is loaded."""
    loads = "\n".join(f"import {each}; print(*sys.modules)" for each in order)
    return dict(zip(order, map(set, map(str.split, run(f"import sys\n{loads}").splitlines())), strict=True))


def loaded_by(process: str) -> set[str]:
    return loaded_in(next(each for each in LOADED_IN_ORDER if process in each))[process]


@pytest.mark.parametrize(
    ("process", "unused"),
    [
        ("workers.__main__", {"boto3", "deploys.records.deploy", "rq", "slack_sdk", "workers.worker"}),
        ("workers.scheduler", {"boto3", "slack_sdk", "workers.engine", "workers.messages"}),
        ("workers.events.__main__", {"slack_sdk", "workers.engine", "workers.messages"}),
        ("workers.worker", {"slack_bolt"}),
        ("deploys.telemetry.exposition", {"deploys.records.deploy", "rq"}),
        ("bot.web", {"boto3", "websocket"}),
        ("bot.__main__", {"boto3", "gunicorn"}),
    ],
)
def test_a_process_does_not_load_what_it_does_not_use(process: str, unused: set[str]) -> None:
    """`prometheus_client` is loaded by what serves metrics, if anything does."""
    never = NEVER - {"prometheus_client"} if process == "deploys.telemetry.exposition" else NEVER

    assert (never | unused) & loaded_by(process) == set()


def test_optional_libraries_can_be_loaded_later_and_signatures_for_type_checkers_are_dropped() -> None:
    """redis-py has 750 such signatures."""
    program = (
        "import workers, typing, rich, opentelemetry.metrics; "
        "from redis.commands.core import ACLCommands as commands; "
        "print(rich.__name__, typing.get_overloads(commands.acl_cat))"
    )

    assert run(program) == "rich []\n"
