"""`python -m workers.events` without what it needs."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.bot.bot_processes import clean_env, run_process, terminate, wait_for_exit


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return clean_env(tmp_path, REDIS_URL="redis://127.0.0.1:1/0", AWS_REGION="eu-west-1")


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_without_a_queue_it_says_so_and_waits_until_it_is_told_to_end(
    env: dict[str, str], tmp_path: Path, by: int
) -> None:
    with run_process(["workers.events"], env, tmp_path) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        code, output, took = terminate(process, by)

    assert "SLIPWAY_EVENTS_QUEUE is not set: this process only waits" in said
    assert "receiver of events stopped" in output
    assert (code, took < 10) == (0, True)


def test_what_is_no_queue_is_refused(env: dict[str, str], tmp_path: Path) -> None:
    with run_process(
        ["workers.events"], {**env, "SLIPWAY_EVENTS_QUEUE": "slipway-events"}, tmp_path
    ) as process:
        code, output = wait_for_exit(process)

    assert code == 2
    assert (
        "SLIPWAY_EVENTS_QUEUE is 'slipway-events', which is not the URL of a queue such as "
        "https://sqs.eu-west-1.amazonaws.com/123456789012/slipway-events."
    ) in output
