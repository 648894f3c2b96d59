"""What the killed process of a job had claimed goes on at once, unless processes are killed repeatedly."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis
from rq import Queue

from deploys.job_queue import advance_slot
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.redis_connection import connect_for_rq
from deploys.stores.deploy_store import DeployStore
from sandbox.valkey import refusing_commands
from tests.bot.bot_harness import ManualClock
from tests.builders import NOW, a_deploy, a_service
from tests.workers.scheduler.scheduler_harness import RecordingJobQueue
from workers import jobs
from workers.killed_jobs import KILLS_APART_SECONDS, KilledJobs
from workers.rq_worker import RqWorker


class WorkerHarness:
    """A worker, and the store that it shares with the processes of its jobs."""

    def __init__(self, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store = DeployStore(redis, now=lambda: NOW)
        self.job_queue = RecordingJobQueue()
        self.uptime = ManualClock(1000.0)
        monkeypatch.setattr("workers.killed_jobs.uptime", self.uptime)
        self.killed_jobs = KilledJobs(self.store, self.job_queue, now=lambda: NOW)

    def submit(self, name: str) -> Deploy:
        return self.store.submit(a_deploy(a_service(name))).deploy

    def follow(self, deploy: Deploy) -> None:
        """Leaves a rollout that is due to be read together with others."""
        self.commit_job(deploy, f"watch:{deploy.cluster_key}")

    def commit_job(self, deploy: Deploy, job: str) -> None:
        claim = self.store.claim(deploy.id, "worker", 60)
        assert claim is not None
        self.store.commit(claim, deploy.in_phase(Phase.FOLLOWING, NOW), due_at=NOW, job=job)

    def run_killed_job(self, *claimed: Deploy) -> None:
        """A job claims these and is killed."""
        self.killed_jobs.begin_process()
        for each in claimed:
            assert self.store.claim(each.id, "worker", 60)
        self.job_queue.enqueued.clear()
        self.killed_jobs.process_killed()


@pytest.fixture
def harness(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> WorkerHarness:
    return WorkerHarness(redis, monkeypatch)


def test_all_that_it_had_claimed_is_enqueued_each_job_once(harness: WorkerHarness) -> None:
    deploy, *watched = (harness.submit(name) for name in ("web", "api", "search"))
    for each in watched:
        harness.follow(each)
    harness.submit("other")

    harness.run_killed_job(deploy, *watched)

    assert harness.job_queue.enqueued == [
        f"advance_due {advance_slot(deploy.id)}",
        "watch eu-west-1/production 0",
    ]


def test_what_is_killed_again_within_a_minute_waits_until_its_heartbeat_ends(harness: WorkerHarness) -> None:
    deploy = harness.submit("web")

    for apart, freed in ((0.0, True), (KILLS_APART_SECONDS - 1, False), (KILLS_APART_SECONDS, True)):
        harness.uptime.advance(apart)
        harness.run_killed_job(deploy)
        assert bool(harness.job_queue.enqueued) is freed
        assert bool(harness.store.due(NOW)) is freed
        harness.store.claim_holder.free_claims()


def test_a_redis_that_refuses_is_no_error_of_the_worker(harness: WorkerHarness, redis: Redis) -> None:
    deploy = harness.submit("web")
    harness.killed_jobs.begin_process()
    assert harness.store.claim(deploy.id, "worker", 60)

    with refusing_commands(redis, "READONLY"):
        harness.killed_jobs.process_killed()


class DyingEngine:
    """Claims, and is killed as by a lack of memory."""

    def __init__(self, store: DeployStore) -> None:
        self.engine = self
        self._store = store

    def refreshed(self) -> DyingEngine:
        return self

    def advance(self, deploy_id: str) -> None:
        if self._store.claim(deploy_id, "worker", 60):
            os.kill(os.getpid(), signal.SIGKILL)


class NoAws:
    def refresh_credentials(self) -> None:
        return


@pytest.fixture
def dying_engine(harness: WorkerHarness) -> Iterator[None]:
    dependencies: Any = DyingEngine(harness.store)
    before = jobs._dependencies
    jobs.set_dependencies(dependencies)
    yield
    jobs._dependencies = before


@pytest.mark.usefixtures("dying_engine")
def test_the_worker_notices_that_the_process_of_its_job_was_killed(
    harness: WorkerHarness, redis_url: str
) -> None:
    deploy, connection = harness.submit("web"), connect_for_rq(redis_url)
    earlier_process = harness.store.claim_holder.id
    queue = Queue("slipway", connection=connection)
    worker = RqWorker([queue], connection=connection)
    worker.aws, worker.killed_jobs = NoAws(), harness.killed_jobs  # type: ignore[assignment]
    queue.enqueue("workers.jobs.advance", deploy.id)

    found = worker._take_job()
    assert found
    worker._run_job(*found)

    [left] = harness.store.due(NOW)
    assert left.deploy_id == deploy.id
    assert earlier_process not in left.left_claim
    assert harness.job_queue.enqueued == [f"advance_due {advance_slot(deploy.id)}"]
