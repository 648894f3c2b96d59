"""A worker is killed with the process of its job, and another is paused: others go on within seconds."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploys.records.phases import Outcome, Phase
from deploys.redis_connection import to_text
from deploys.stores import redis_keys
from deploys.stores.claim_holder import HEARTBEAT_SECONDS, holder_of
from slipway.demo.demo_environment import DemoEnvironment, start_demo
from slipway.demo.terminal_run import read_names
from tests.scenarios.conversation import Conversation, DeployThread, wait_until

NOTICED_SECONDS = HEARTBEAT_SECONDS + 9
"""Within this time another worker has taken the next step, also on a busy machine. The demo's leases last
longer."""


@pytest.fixture
def demo() -> Iterator[DemoEnvironment]:
    with start_demo(speed=30, mode="socket", workers=3) as environment:
        yield environment


class LostJob:
    """The process that runs a deploy's step, while it waits for AWS to answer `UpdateService`."""

    def __init__(self, demo: DemoEnvironment, thread: DeployThread) -> None:
        key = redis_keys.lease(thread.deploy_id)
        wait_until(lambda: thread.record.phase is Phase.UPDATING and has_update(demo, thread), 30)
        lease = to_text(demo.redis.get(key))
        self.holder, self._thread = holder_of(lease), thread
        self.pid = int(lease.split(":")[-2])
        self.worker_pid = parent_of(self.pid)

    def goes_on_elsewhere(self) -> None:
        """Waits for another worker to write what it found."""
        wait_until(lambda: self._thread.record.phase is not Phase.UPDATING, NOTICED_SECONDS)


def updates(demo: DemoEnvironment, thread: DeployThread) -> list[dict[str, Any]]:
    """The calls of UpdateService for the deploy's service."""
    answer = httpx.get(f"{demo.ecs_url}/sandbox/calls", trust_env=False)
    return [
        each
        for each in answer.json()["calls"]
        if each["operation"] == "UpdateService" and thread.record.service.name in str(each)
    ]


def has_update(demo: DemoEnvironment, thread: DeployThread) -> bool:
    """Whether ECS has received UpdateService for the deploy's service, and has not answered yet."""
    answer = httpx.get(f"{demo.ecs_url}/sandbox/faults", trust_env=False)
    service = thread.record.service.name
    return any(each["service"] == service and each["hits"] for each in answer.json()["faults"])


def answer_late(demo: DemoEnvironment, service: str) -> None:
    fault = {"kind": "latency", "operation": "UpdateService", "service": service, "seconds": 7}
    httpx.post(f"{demo.ecs_url}/sandbox/faults", json=fault, trust_env=False).raise_for_status()


def parent_of(pid: int) -> int:
    """Its parent process; 0 if there is no such process."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except FileNotFoundError:
        return 0


def kill(job: LostJob) -> None:
    for pid in (job.worker_pid, job.pid):
        os.kill(pid, signal.SIGKILL)


def test_the_deploys_of_a_killed_and_of_a_paused_worker_go_on_and_the_one_that_wakes_changes_nothing(
    demo: DemoEnvironment,
) -> None:
    people = Conversation(demo, read_names(demo))
    for service in ("web", "api"):
        answer_late(demo, service)

    web = people.deploys("alice", "/deploy web 1.4.2")
    killed = LostJob(demo, web)
    kill(killed)
    api = people.deploys("alice", "/deploy api 1.4.2")
    paused = LostJob(demo, api)
    os.kill(paused.pid, signal.SIGSTOP)
    try:
        killed.goes_on_elsewhere()
        paused.goes_on_elsewhere()
        made, version = updates(demo, api), api.record.version
    finally:
        os.kill(paused.pid, signal.SIGCONT)
    demo.processes.wait_until("the job that woke to end", lambda: parent_of(paused.pid) != paused.worker_pid)

    assert paused.holder != killed.holder
    [log] = [each for each in demo.processes.children if each.name == "worker"]
    assert log.find_in_log("lost the lease; another worker goes on"), log.log.read_text()
    assert updates(demo, api) == made
    assert len(made) == 1
    assert api.record.version >= version
    for thread in (web, api):
        assert thread.ends().record.outcome is Outcome.SUCCEEDED
