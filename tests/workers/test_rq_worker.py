"""A worker takes jobs in the order of need, runs them in a process of their own, and stops when it is asked
to, whatever its libraries do with the exception that says so."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from rq import Queue
from rq.exceptions import StopRequested
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import WorkerStatus

from deploys.job_queue import ASKED_QUEUE, DEPLOYS_QUEUE, QUEUES, TELLING_QUEUE, JobQueue
from deploys.redis_connection import connect_for_rq, to_texts
from deploys.redis_round_trip import RoundTrip
from sandbox.valkey import refusing_commands
from tests.reported_metrics import reported_metrics
from tests.workers.jobs.queue_harness import QueueHarness, WorkerWithoutProcess, wait_until
from workers import jobs
from workers.ecs.aws.aws_clients import AwsClients
from workers.rq_worker import JOB_PROCESS_SECONDS, MOVING_EVERY_SECONDS, TELLING_EVERY_SECONDS, RqWorker


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

    monkeypatch.setattr(worker.connection, "blpop", wait_for_job)

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


class OrderedWorker(WorkerWithoutProcess):
    """Writes down what it takes."""

    def __init__(self, redis: Redis) -> None:
        queues = [Queue(name, connection=redis, serializer=JSONSerializer) for name in QUEUES]
        super().__init__(queues, connection=redis, serializer=JSONSerializer)
        self.taken: list[str] = []

    def _run_job(self, job: Job, stored: object) -> None:
        self.taken.append(str(job.func_name).rpartition(".")[2])


def ask_for_tags(redis: Redis, job_queue: JobQueue, query_id: str) -> None:
    """Enqueues a question, as the bot does."""
    trip = RoundTrip(redis)
    job_queue.answer_tags(trip, query_id, "web", "C01DEPLOYS", None, "U01ALICE00", "T01SLIPWAY")
    trip.run()


def test_jobs_are_taken_in_the_order_of_need(redis: Redis) -> None:
    job_queue = JobQueue(redis)
    job_queue.publish()
    job_queue.watch("eu-west-1/production")
    job_queue.advance("7k2m9xq4")
    ask_for_tags(redis, job_queue, "query")
    job_queue.read_slack_directory("U01ALICE00")
    worker = OrderedWorker(redis)
    worker._told_at = worker._moved_at = time.monotonic()

    for _ in range(5):
        worker._work_once()

    assert worker.taken == ["read_slack_directory", "answer_tags", "watch", "advance_due", "publish"]


def test_what_tells_gets_its_turn_though_there_is_ever_more_to_move(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each job takes as long as a turn."""
    clock = 1000.0
    monkeypatch.setattr("workers.rq_worker.time.monotonic", lambda: clock)
    job_queue, worker = JobQueue(redis), OrderedWorker(redis)
    for number in range(20):
        job_queue.watch(f"eu-west-1/cluster-{number}")
    for number in range(3):
        job_queue.publish_home(f"U0{number}", "T01SLIPWAY")

    for _ in range(8):
        worker._work_once()
        clock += TELLING_EVERY_SECONDS / 2

    assert worker.taken == [
        "publish_home",
        "watch",
        "publish_home",
        "watch",
        "publish_home",
        "watch",
        "watch",
        "watch",
    ]


def test_what_moves_deploys_gets_its_turn_though_people_ask_ever_more(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each answer takes longer than a turn."""
    clock = 1000.0
    monkeypatch.setattr("workers.rq_worker.time.monotonic", lambda: clock)
    job_queue, worker = JobQueue(redis), OrderedWorker(redis)
    worker._told_at = worker._moved_at = clock
    for number in range(4):
        ask_for_tags(redis, job_queue, f"query {number}")
    job_queue.watch("eu-west-1/production")
    job_queue.advance("7k2m9xq4")

    for _ in range(6):
        worker._work_once()
        clock += 0 if worker.taken[-1] in ("watch", "advance_due") else MOVING_EVERY_SECONDS + 0.1

    assert worker.taken == [
        "answer_tags",
        "watch",
        "answer_tags",
        "advance_due",
        "answer_tags",
        "answer_tags",
    ]


def test_a_job_that_is_taken_may_wait_again(redis: Redis) -> None:
    """What becomes due while it runs may come too late for it."""
    job_queue, worker = JobQueue(redis), OrderedWorker(redis)
    job_queue.advance("7k2m9xq4")
    job_queue.advance("7k2m9xq4")
    assert redis.llen(f"rq:queue:{DEPLOYS_QUEUE}") == 1

    worker._work_once()
    job_queue.advance("7k2m9xq4")

    assert redis.llen(f"rq:queue:{DEPLOYS_QUEUE}") == 1
    assert worker.taken == ["advance_due"]


def test_what_somebody_else_put_into_redis_stops_no_worker(redis: Redis) -> None:
    queue = f"rq:queue:{ASKED_QUEUE}"
    redis.rpush(queue, "nothing", "text", "list", "other", "a/b c:\x00")
    redis.set("rq:job:text", "text")
    redis.rpush("rq:job:list", "list")
    redis.hset("rq:job:other", mapping={"data": "x", "timeout": "never", "created_at": "yesterday"})
    job_queue, worker = JobQueue(redis), OrderedWorker(redis)
    ask_for_tags(redis, job_queue, "query")

    for _ in range(6):
        worker._work_once()

    assert worker.taken == ["answer_tags"]


def test_a_job_that_is_off_its_queue_is_fetched_once_redis_answers(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.rq_worker.time.sleep", lambda _: redis.client_unpause())
    job_queue, worker = JobQueue(redis), OrderedWorker(redis)
    job_queue.advance("7k2m9xq4")
    fails = iter([True, True])
    real = worker.connection.hgetall

    def hgetall(key: str) -> object:
        if next(fails, False):
            raise RedisConnectionError("gone")
        return real(key)

    monkeypatch.setattr(worker.connection, "hgetall", hgetall)

    worker._work_once()

    assert worker.taken == ["advance_due"]


class Jobs:
    """What the entry points do in these tests: what is in a file of this folder."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        for name in ("expire_records", "forget_thread_messages", "recover_orphans"):
            monkeypatch.setattr(jobs, name, getattr(self, name))

    def recover_orphans(self) -> None:
        with (self.folder / "ran").open("a") as file:
            file.write(f"{os.getpid()}\n")

    def expire_records(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def forget_thread_messages(self) -> None:
        raise RuntimeError("postgres://app:canary-9d2f@db/shop")

    @property
    def ran_in(self) -> list[int]:
        path = self.folder / "ran"
        return [int(line) for line in path.read_text().split()] if path.exists() else []


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Jobs:
    return Jobs(tmp_path, monkeypatch)


@pytest.fixture
def worker(redis_url: str, redis: Redis) -> Iterator[RqWorker]:
    found = QueueHarness(redis_url).new_worker(RqWorker)
    found.aws = AwsClients()
    yield found
    found.end_job_process()


def test_one_process_runs_many_jobs(worker: RqWorker, redis: Redis, played: Jobs) -> None:
    for number in range(3):
        JobQueue(redis).recover_orphans(str(number))
        worker._work_once()

    [pid] = set(played.ran_in)
    assert len(played.ran_in) == 3
    assert pid != os.getpid()


def test_a_process_that_is_old_gets_no_further_job(worker: RqWorker, redis: Redis, played: Jobs) -> None:
    JobQueue(redis).recover_orphans("1")
    worker._work_once()
    assert worker._job_process
    worker._job_process.began -= JOB_PROCESS_SECONDS + 1

    JobQueue(redis).recover_orphans("2")
    worker._work_once()

    old, new = played.ran_in
    assert old != new
    with pytest.raises(ProcessLookupError):
        os.kill(old, 0)


def test_a_process_that_was_killed_meanwhile_is_replaced(
    worker: RqWorker, redis: Redis, played: Jobs
) -> None:
    JobQueue(redis).recover_orphans("1")
    worker._work_once()
    [first] = played.ran_in
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: Path(f"/proc/{first}/stat").read_text().split()[2] == "Z")

    JobQueue(redis).recover_orphans("2")
    worker._work_once()

    assert len(set(played.ran_in)) == 2


def test_a_process_that_is_stopped_keeps_no_worker_from_ending_it(
    worker: RqWorker, redis: Redis, played: Jobs
) -> None:
    JobQueue(redis).recover_orphans("1")
    worker._work_once()
    [pid] = played.ran_in
    os.kill(pid, signal.SIGSTOP)

    worker.end_job_process()

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_job_that_kills_its_process_does_no_other_harm(
    worker: RqWorker, redis: Redis, played: Jobs, redis_url: str
) -> None:
    with reported_metrics("worker") as reports:
        for enqueue in (JobQueue.recover_orphans, JobQueue.expire_records, JobQueue.recover_orphans):
            enqueue(JobQueue(redis), "1")
            worker._work_once()
        series = reports.read()

    assert len(set(played.ran_in)) == len(played.ran_in) == 2
    assert series['slipway_jobs_total{job_name="expire_records",result="killed"}'] == 1
    [failed] = QueueHarness(redis_url).failed()
    assert failed.startswith("expire_records-")


def test_a_job_that_failed_is_kept_and_the_same_may_wait_again(
    worker: RqWorker, redis: Redis, played: Jobs, redis_url: str
) -> None:
    for _ in range(2):
        JobQueue(redis).forget_thread_messages("1")
        worker._work_once()

    queues = QueueHarness(redis_url)
    assert len(queues.failed()) == 2
    kept = Job.fetch(queues.failed()[0], connection=queues.redis, serializer=JSONSerializer).latest_result()
    assert kept
    assert "RuntimeError: postgres://app:[redacted]@db/shop" in str(kept.exc_string)


def test_a_job_that_hangs_is_killed_with_its_process(
    worker: RqWorker, redis: Redis, monkeypatch: pytest.MonkeyPatch, redis_url: str
) -> None:
    """Not even the end of its time gets through to it."""
    monkeypatch.setattr("workers.rq_worker.HANGING_SECONDS", -55.0)
    monkeypatch.setattr("workers.rq_worker.CHECK_JOB_SECONDS", 0.1)
    monkeypatch.setattr(jobs, "recover_orphans", lambda: signal.pause())
    JobQueue(redis).recover_orphans("1")

    worker._work_once()

    [failed] = QueueHarness(redis_url).failed()
    assert failed.startswith("recover_orphans-")
    assert worker._job_process is None


def test_a_job_is_done_although_redis_takes_no_writes_then(
    worker: RqWorker, redis: Redis, played: Jobs, redis_url: str
) -> None:
    """Nothing has to be written for it."""
    JobQueue(redis).recover_orphans("1")
    found = worker._take_job()
    assert found

    with refusing_commands(redis, "OOM"):
        worker._run_job(*found)

    assert len(played.ran_in) == 1


def test_a_worker_that_stops_lets_its_job_finish(worker: RqWorker, redis: Redis, played: Jobs) -> None:
    JobQueue(redis).recover_orphans("1")
    real = worker._run_job

    def stop_meanwhile(*found: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        real(*found)  # type: ignore[arg-type]

    worker._run_job = stop_meanwhile  # type: ignore[assignment, method-assign]
    worker.run_until_stopped()

    [pid] = played.ran_in
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert to_texts(redis.smembers("rq:workers")) == []


def test_a_job_costs_few_commands(worker: RqWorker, redis: Redis, played: Jobs) -> None:
    job_queue = JobQueue(redis)
    for number in range(2):  # the first has the process and its connections made
        job_queue.recover_orphans(str(number))
        worker._work_once()
    worker._next_heartbeat_at = time.monotonic() + 100
    worker.run_maintenance_tasks()  # type: ignore[no-untyped-call]

    before = redis.info("stats")["total_commands_processed"]
    for number in range(2, 12):
        job_queue.recover_orphans(str(number))
        worker._work_once()
    asked = redis.info("stats")["total_commands_processed"] - before - 1

    assert redis.llen(f"rq:queue:{TELLING_QUEUE}") == 0
    assert asked / 10 <= 9, "to enqueue it (5 of them in a script), to take it, to fetch it and to delete it"
