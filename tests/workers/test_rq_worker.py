"""A worker that is asked to stop stops, whatever its libraries do with the exception that says so."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest
from redis import Redis
from redis.client import Pipeline
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, WatchError
from rq import Queue
from rq.exceptions import StopRequested
from rq.utils import now
from rq.worker import WorkerStatus

from deploys.redis_connection import connect_for_rq
from sandbox.valkey import refusing_commands
from workers.rq_worker import RqWorker


@pytest.fixture(autouse=True)
def signal_handlers() -> Iterator[None]:
    """The test runner's own, afterwards."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("redis_fails", [False, True])
def test_it_stops_although_a_library_swallowed_the_request(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch, redis_fails: bool
) -> None:
    worker = RqWorker([Queue("slipway", connection=redis)], connection=connect_for_rq(redis_url))
    waits: list[str] = []

    def wait_for_job(*_: object) -> None:
        waits.append("waiting")
        try:
            if len(waits) == 1:
                os.kill(os.getpid(), signal.SIGTERM)
                threading.Event().wait(10)
        except StopRequested:
            pass
        if len(waits) > 3:
            raise AssertionError("it still waits for jobs")
        if redis_fails:
            raise RedisConnectionError("gone")

    monkeypatch.setattr(Queue, "lmove", wait_for_job)

    worker.run_until_stopped()

    assert waits == ["waiting"]


def test_what_the_signal_handler_does_never_waits_for_redis(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The signal may have interrupted the very code that uses the connection."""
    worker = RqWorker([Queue("slipway", connection=redis)], connection=connect_for_rq(redis_url))
    worker.set_state(WorkerStatus.BUSY)
    commands: list[object] = []
    monkeypatch.setattr(worker.connection, "execute_command", lambda *args, **_: commands.append(args))

    worker.request_stop(signal.SIGTERM, None)

    assert commands == []
    assert worker._stop_requested


def test_the_end_of_a_job_is_given_up_while_redis_refuses(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RQ itself tries for ever, so the process of the job would not end, and neither would its worker."""
    monkeypatch.setattr("workers.rq_worker.BOOKKEEPING_SECONDS", 1)
    connection = connect_for_rq(redis_url)
    queue = Queue("slipway", connection=connection)
    worker = RqWorker([queue], connection=connection)
    job = queue.enqueue("workers.jobs.recover_orphans")
    job.started_at = job.ended_at = now()
    execution = worker.prepare_execution(job)

    with refusing_commands(redis, "OOM"), pytest.raises(RedisError):
        worker.handle_job_success(job, queue, queue.started_job_registry, execution)


def test_it_is_given_up_though_the_first_alarm_is_lost(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python ignores what a signal handler raises in a destructor."""
    monkeypatch.setattr("workers.rq_worker.BOOKKEEPING_SECONDS", 1)
    worker = RqWorker([Queue("slipway", connection=redis)], connection=connect_for_rq(redis_url))
    job = worker.queues[0].enqueue("workers.jobs.recover_orphans")
    job.started_at = job.ended_at = now()
    execution = worker.prepare_execution(job)
    alarms: list[BaseException] = []

    def lose_the_first_alarm(*_: object, pipeline: Pipeline, **__: object) -> None:
        try:
            time.sleep(5)
        except BaseException as alarm:
            alarms.append(alarm)
            if len(alarms) > 1:
                raise
            pipeline.reset()
            raise WatchError from None
        pytest.fail("no second alarm")

    monkeypatch.setattr(worker, "cleanup_execution", lose_the_first_alarm)

    with pytest.raises(RedisError):
        worker.handle_job_success(job, worker.queues[0], job.started_job_registry, execution)
    assert len(alarms) == 2
