"""One job takes whatever is due: who asked first goes first, and what happens to one deploy concerns no
other."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from rq.timeouts import JobTimeoutException

from deploys.job_queue import JobQueue
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.stores import audit
from tests.workers.engine_harness import EngineHarness
from tests.workers.jobs.queue_harness import QueueHarness
from workers import jobs
from workers.dependencies import Dependencies
from workers.flows import steps
from workers.rq_worker import RqWorker
from workers.step_context import StepContext, StepResult

NAMES = ("web", "api", "shop")
Step = Callable[[Deploy, StepContext], StepResult]


class CountingJobQueue(JobQueue):
    """Counts what is enqueued."""

    def __init__(self) -> None:
        self.enqueued: list[str] = []

    def _try_enqueue(self, job: str, *args: str | None, **_: object) -> None:
        self.enqueued.append(job)


def request_all(harness: EngineHarness) -> dict[str, str]:
    """A deploy of each service, a second after the other; by service."""
    found = {}
    for name in NAMES:
        found[harness.request_deploy(name, "1.4.2")] = name
        harness.ecs.advance(1)
    return found


def started(harness: EngineHarness) -> list[str]:
    """In which order the deploys began."""
    return [row["deploy"] for row in audit.trail(harness.redis) if row["what"] == "planning"]


def replace_planning(monkeypatch: pytest.MonkeyPatch, harness: EngineHarness, step: Step) -> None:
    """The step of the second deploy's planning."""
    real = steps.STEPS[Phase.PLANNING]

    def plan(deploy: Deploy, context: StepContext) -> StepResult:
        return (step if deploy.service.name == NAMES[1] else real)(deploy, context)

    monkeypatch.setitem(steps.STEPS, Phase.PLANNING, plan)


def test_who_asked_first_goes_first(harness: EngineHarness) -> None:
    deploys = request_all(harness)
    for at, deploy_id in enumerate(reversed(deploys)):  # the last one is overdue longest
        harness.redis.zadd("{slipway}:due", {deploy_id: int(harness.ecs.now() * 1000) - 1000 + at})

    harness.engine.advance_due()

    assert started(harness) == list(deploys)
    assert {harness.get(each).phase for each in deploys} == {Phase.FOLLOWING}


def test_what_is_read_together_is_left_to_those_jobs(harness: EngineHarness) -> None:
    [first, *_] = request_all(harness)
    harness.engine.advance_due()
    version = harness.get(first).version
    harness.store.make_due([first])

    harness.engine.advance_due()

    assert harness.get(first).version == version


@pytest.mark.parametrize("turn", [-1.0, 60.0])
def test_after_its_turn_another_job_goes_on(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch, turn: float
) -> None:
    monkeypatch.setattr("workers.engine.TURN_SECONDS", turn)
    deploys = request_all(harness)
    job_queue = CountingJobQueue()
    harness.engine._job_queue = job_queue

    harness.engine.advance_due()

    assert len(started(harness)) == (0 if turn < 0 else len(deploys))
    assert job_queue.enqueued.count("advance_due") == (1 if turn < 0 else 0)


def test_a_step_that_breaks_does_not_stop_the_others(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploys = request_all(harness)
    broken = next(each for each, name in deploys.items() if name == NAMES[1])
    real = harness.engine._run

    def run(claim, *args):  # type: ignore[no-untyped-def]
        if claim.deploy.id == broken:
            raise RuntimeError("in the engine itself")
        real(claim, *args)

    monkeypatch.setattr(harness.engine, "_run", run)

    harness.engine.advance_due()

    assert [harness.get(each).phase for each in deploys] == [
        Phase.FOLLOWING,
        Phase.WAITING,
        Phase.FOLLOWING,
    ]


@pytest.mark.parametrize("error", [JobTimeoutException("too long"), RedisConnectionError("gone")])
def test_what_ends_the_job_leaves_the_others_free(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(deploy: Deploy, context: StepContext) -> StepResult:
        raise error

    deploys = request_all(harness)
    with monkeypatch.context() as patch:
        replace_planning(patch, harness, fail)
        with pytest.raises(type(error)):
            harness.engine.advance_due()

    last = list(deploys)[-1]
    assert last in [each.deploy_id for each in harness.store.due(harness.ecs.now())]
    harness.engine.advance_due()
    assert harness.get(last).phase is Phase.FOLLOWING


def test_a_killed_process_strands_only_the_deploy_whose_step_it_ran(
    queue: QueueHarness,
    dependencies: Dependencies,
    harness: EngineHarness,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Six workers take jobs, one after the other."""
    assert harness.ecs.url, "a fork connects"

    def die(deploy: Deploy, context: StepContext) -> StepResult:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    deploys = request_all(harness)
    replace_planning(monkeypatch, harness, die)
    job_queue = JobQueue(queue.redis)
    workers = [queue.new_worker(RqWorker) for _ in range(6)]
    try:
        for worker in workers:
            worker.aws, worker._told_at = dependencies.aws, time.monotonic()
            job_queue.advance_due(0)
            worker._work_once()
    finally:
        for worker in workers:
            worker.end_job_process()

    assert [harness.get(each).phase for each in deploys] == [
        Phase.FOLLOWING,
        Phase.PLANNING,
        Phase.FOLLOWING,
    ]
    assert [each.partition("-")[0] for each in queue.failed()] == ["advance_due"]


def test_a_thousand_requests_wait_as_few_jobs(redis: Redis, queue: QueueHarness) -> None:
    job_queue = JobQueue(queue.redis)
    for number in range(1000):
        job_queue.advance(f"deploy{number}")
    for _ in range(100):
        job_queue.publish()

    assert sorted(queue.names()) == ["advance_due", "advance_due", "publish"]


def test_a_deploy_of_an_earlier_version_is_moved_by_its_own_job(
    queue: QueueHarness, dependencies: Dependencies, harness: EngineHarness
) -> None:
    """Its bot and its scheduler run beside these workers during an upgrade."""
    web = harness.request_deploy("web", "1.4.2")
    queue.enqueue_by_hand("workers.jobs.advance", web)

    queue.run_worker()

    assert harness.get(web).phase is Phase.FOLLOWING
    assert harness.get(web).outcome is not Outcome.FAILED
    assert jobs._dependencies is not None
