"""Processes that are killed, asked to end, or started by a newcomer."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from deploys.records.phases import Outcome, Phase
from slipway.demo.demo_environment import DemoEnvironment, start_demo
from slipway.demo.process_group import ChildProcess
from slipway.demo.terminal_run import read_names
from tests.scenarios.conversation import Conversation

SLIPWAY = Path(sys.executable).with_name("slipway")


@pytest.fixture(scope="module")
def playing() -> Iterator[DemoEnvironment]:
    """A stage of their own for these tests: its processes get hurt."""
    with start_demo(speed=12, mode="socket") as own:
        yield own


def wait_until(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)


def find_processes(demo: DemoEnvironment, *prefixes: str) -> list[ChildProcess]:
    return [m for m in demo.processes.children if m.name.startswith(prefixes)]


def test_a_deploy_outlives_its_workers_and_its_clock(playing: DemoEnvironment) -> None:
    people = Conversation(playing, read_names(playing))
    thread = people.deploys("alice", "/deploy web 1.4.2").reaches(Phase.FOLLOWING)
    for member in find_processes(playing, "worker", "scheduler"):
        member.process.kill()
        member.process.wait(10)
        playing.processes.children.remove(member)

    told, second = people.says("alice", "/deploy api 1.4.2")
    assert second is not None, told
    for number in (3, 4):
        playing.processes.start_module(f"worker-{number}", "workers", env=playing.process_env)
    playing.processes.start_module("scheduler-2", "workers.scheduler", env=playing.process_env)

    assert thread.ends().record.outcome is Outcome.SUCCEEDED
    assert second.ends().record.outcome is Outcome.SUCCEEDED


def test_every_process_ends_cleanly_when_asked(playing: DemoEnvironment) -> None:
    asked = find_processes(playing, "bot", "worker", "scheduler", "slack", "ecs", "valkey")
    for member in asked[::-1]:
        member.process.send_signal(signal.SIGTERM)
        code = member.process.wait(15)
        assert (member.name, code) == (member.name, 0), member.log.read_text()[-2000:]
        assert "Traceback" not in member.log.read_text(), member.name
    playing.processes.children.clear()


def test_a_run_that_succeeds_exits_with_0_and_shows_the_thread() -> None:
    command = [str(SLIPWAY), "demo", "--speed", "15", "--run", "/deploy ledger 1.4.2", "--approve-as", "bob"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "[Approve]" in done.stdout
    assert "The old task is proven STOPPED" in done.stdout
    assert "@alice Succeeded. `ledger` runs `1.4.2`" in done.stdout
    assert "Downtime: " in done.stdout


def test_the_demo_opens_a_page_and_ctrl_c_leaves_no_process_behind() -> None:
    demo = subprocess.Popen(
        [SLIPWAY, "demo"], stdout=subprocess.PIPE, text=True, env={**os.environ, "COLUMNS": "200"}
    )
    assert demo.stdout is not None
    said: list[str] = []
    try:
        for line in demo.stdout:
            said.append(line)
            if "Ctrl-C" in line:
                break
        page = re.search(r"http://127\.0\.0\.1:\d+/\S+", "".join(said))
        assert page is not None
        assert httpx.get(page[0]).status_code == 200
        assert sum(line.lstrip().startswith(("1.", "2.", "3.")) for line in said) == 3
        family = list_descendants(demo.pid)
        assert len(family) >= 7
    finally:
        demo.send_signal(signal.SIGINT)
    assert demo.wait(30) == 0
    demo.stdout.close()
    wait_until(lambda: not [pid for pid in family if is_alive(pid)], 10)


def list_descendants(pid: int) -> list[int]:
    """Every process below this one."""
    listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True)
    parents = {int(p): int(pp) for p, pp in (line.split() for line in listed.stdout.splitlines())}
    found = [child for child, parent in parents.items() if parent == pid]
    return [*found, *(grandchild for child in found for grandchild in list_descendants(child))]


def is_alive(pid: int) -> bool:
    """Whether it runs; a zombie does not."""
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(shown.stdout.strip()) and not shown.stdout.startswith("Z")
