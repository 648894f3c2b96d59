"""Redis becomes read-only or full while all processes run: they say so, wait, and continue."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from deploys.records.phases import Outcome, Phase
from sandbox.valkey import refusing_commands
from slipway.demo.demo_environment import DemoEnvironment, start_demo
from slipway.demo.process_group import ChildProcess
from slipway.demo.terminal_run import read_names
from tests.scenarios.conversation import Conversation

END_SECONDS = 75
"""A job that runs is finished first, within its timeout of 55 s and the seconds that its bookkeeping gets."""
REDIS_STATES = {
    "READONLY": "is read-only, as during a failover or if REDIS_URL leads to a replica",
    "OOM": "is full: it has reached its `maxmemory`",
}


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoEnvironment]:
    """A separate demo for these tests, because they break its Redis."""
    with start_demo(speed=12, mode="socket") as environment:
        yield environment


@pytest.mark.parametrize("code", REDIS_STATES)
def test_every_process_outlasts_a_redis_that_refuses_and_the_deploy_goes_on(
    demo: DemoEnvironment, code: str
) -> None:
    people = Conversation(demo, read_names(demo))
    processes = [each for each in demo.processes.children if each.name.startswith(("worker", "scheduler"))]
    thread = people.deploys("alice", "/deploy restart web").reaches(Phase.FOLLOWING)

    with refusing_commands(demo.redis, code):
        answers, thread_of_refused = people.says("alice", "/deploy api 1.4.2")
        log_line = f"Redis {REDIS_STATES[code]}; nothing is lost, it is tried again"
        for each in processes:
            demo.processes.wait_until(
                f"{each.name} to say so", partial(each.find_in_log, re.escape(log_line))
            )

    assert (answers[0].split("reference")[0], thread_of_refused) == (
        f"Redis {REDIS_STATES[code]}, so nothing was changed. Try again in a minute. If it happens again, "
        "tell the people who run Slipway the ",
        None,
    )
    assert thread.ends().record.outcome is Outcome.SUCCEEDED
    assert thread.settles()
    demo.processes.check_running()
    for each in demo.processes.children:
        log = each.log.read_text()
        assert "Traceback" not in log, log
        assert "terminated unexpectedly" not in log, log
    for each in processes:
        assert each.log.read_text().count(log_line) < 5, each.log.read_text()
    assert next(each for each in processes if each.name == "scheduler").find_in_log("Redis answers again")


def wait_for_end(process: ChildProcess) -> int:
    """Its exit code. If it does not end, the failure says what it and its job's process wait for."""
    try:
        return process.process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        pid = process.process.pid
        jobs = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        waits = {each: Path(f"/proc/{each}/wchan").read_text() for each in [str(pid), *jobs]}
        raise AssertionError(f"{process.name} still runs, {waits}: {process.log.read_text()}") from None


def test_workers_and_the_scheduler_end_when_asked_while_redis_refuses(demo: DemoEnvironment) -> None:
    processes = [each for each in demo.processes.children if each.name.startswith(("worker", "scheduler"))]
    for each in processes:
        demo.processes.wait_until(f"{each.name} to have started", partial(each.find_in_log, "started"))
    with refusing_commands(demo.redis, "OOM"):
        for each in processes:
            each.process.send_signal(signal.SIGTERM)
        codes = {each.name: wait_for_end(each) for each in processes}
    for each in processes:
        demo.processes.children.remove(each)

    assert set(codes.values()) == {0}, codes
    assert not [each.name for each in processes if "Traceback" in each.log.read_text()]
