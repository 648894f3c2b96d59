"""Redis is made read-only or full under every process: they wait, say so, and go on."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from functools import partial

import pytest

from deploys.records.phases import Outcome, Phase
from sandbox.valkey import refusing_commands
from slipway.demo.demo_environment import DemoEnvironment, start_demo
from slipway.demo.terminal_run import read_names
from tests.scenarios.conversation import Conversation

REDIS_STATES = {
    "READONLY": "is read-only, as during a failover or if REDIS_URL leads to a replica",
    "OOM": "is full: it has reached its `maxmemory`",
}


@pytest.fixture(scope="module")
def playing() -> Iterator[DemoEnvironment]:
    """A stage of their own for these tests: its Redis gets hurt."""
    with start_demo(speed=12, mode="socket") as own:
        yield own


@pytest.mark.parametrize("code", REDIS_STATES)
def test_every_process_outlasts_a_redis_that_refuses_and_the_deploy_goes_on(
    playing: DemoEnvironment, code: str
) -> None:
    people = Conversation(playing, read_names(playing))
    processes = [each for each in playing.processes.children if each.name.startswith(("worker", "scheduler"))]
    thread = people.deploys("alice", "/deploy restart web").reaches(Phase.FOLLOWING)

    with refusing_commands(playing.redis, code):
        told, none = people.says("alice", "/deploy api 1.4.2")
        lines = f"Redis {REDIS_STATES[code]}; nothing is lost, it is tried again"
        for each in processes:
            playing.processes.wait_until(
                f"{each.name} to say so", partial(each.find_in_log, re.escape(lines))
            )

    assert (told[0].split("reference")[0], none) == (
        f"My memory, Redis, {REDIS_STATES[code]}, so nothing was changed. Try again in a minute; if it stays "
        "so, tell whoever runs Slipway the ",
        None,
    )
    assert thread.ends().record.outcome is Outcome.SUCCEEDED
    assert thread.settles()
    playing.processes.check_running()
    for each in playing.processes.children:
        log = each.log.read_text()
        assert "Traceback" not in log, log
        assert "terminated unexpectedly" not in log, log
    for each in processes:
        assert each.log.read_text().count(lines) < 5, each.log.read_text()
    assert next(each for each in processes if each.name == "scheduler").find_in_log("Redis answers again")


def test_workers_and_the_clock_end_when_asked_while_redis_refuses(playing: DemoEnvironment) -> None:
    asked = [each for each in playing.processes.children if each.name.startswith(("worker", "scheduler"))]
    for each in asked:
        playing.processes.wait_until(f"{each.name} to have started", partial(each.find_in_log, "started"))
    with refusing_commands(playing.redis, "OOM"):
        for each in asked:
            each.process.send_signal(signal.SIGTERM)
        codes = {each.name: each.process.wait(60) for each in asked}
    for each in asked:
        playing.processes.children.remove(each)

    assert set(codes.values()) == {0}, codes
    assert not [each.name for each in asked if "Traceback" in each.log.read_text()]
