"""What an intruder might put into Redis does no harm."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from redis import Redis
from rq import Callback, SimpleWorker, Webhook, Worker
from rq.executions import Execution
from rq.job import Job, JobStatus
from rq.registry import clean_registries
from rq.serializers import JSONSerializer

from deploys.redis_connection import to_texts
from tests.bot.bot_processes import clean_env, run_process, terminate
from tests.builders import RESTORE_TAG_KEY
from tests.workers.jobs.queue_harness import QueueHarness, wait_until
from workers import jobs
from workers.dependencies import Dependencies
from workers.job_allowlist import AllowedJob

CALLED = "called-back"


def called_back(job: Job, connection: Redis, *_: Any) -> None:
    """What an intruder would like to have called."""
    connection.rpush(CALLED, job.id)


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """An address where webhooks would arrive, and those that did."""
    arrived: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            arrived.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", arrived
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


@pytest.mark.parametrize(("job_class", "made"), [(Job, True), (AllowedJob, False)], ids=["RQ's own", "ours"])
@pytest.mark.parametrize("kind", [SimpleWorker, Worker])
def test_a_function_that_is_none_of_ours_is_not_run(
    redis: Redis,
    redis_url: str,
    tmp_path: Path,
    kind: type[SimpleWorker] | type[Worker],
    job_class: type[Job],
    made: bool,
) -> None:
    queue = QueueHarness(redis_url, job_class)
    folder = tmp_path / "made"

    job_id = queue.enqueue_by_hand("os.mkdir", str(folder))
    queue.run_worker_of_rq(kind)

    assert folder.exists() is made
    assert ("NotAllowedError: os.mkdir" in queue.failure_of(job_id)) is not made


@pytest.mark.parametrize(
    "function",
    [
        "os.system",
        "builtins.eval",
        "workers.jobs.set_dependencies",
        "workers.jobs._get_dependencies",
        "workers.jobs.advance.__call__",
        "workers.jobs:advance",
        " workers.jobs.advance",
        "WORKERS.JOBS.ADVANCE",
        "workers.engine.Engine",
        "advance",
        "",
    ],
)
def test_every_other_name_is_refused(queue: QueueHarness, dependencies: Dependencies, function: str) -> None:
    job_id = queue.enqueue_by_hand(function, "true")

    queue.run_worker()

    assert queue.failure_of(job_id)
    assert jobs._dependencies is dependencies


def test_rq_keeps_the_error_of_a_job_without_secrets(
    queue: QueueHarness, dependencies: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(deploy_id: str) -> None:
        raise RuntimeError("postgres://app:canary-9d2f@db/shop")

    monkeypatch.setattr(jobs, "advance", fail)
    job_id = queue.enqueue_by_hand("workers.jobs.advance", "abcd2345")

    queue.run_worker()

    assert "RuntimeError: postgres://app:[redacted]@db/shop" in queue.failure_of(job_id)


@pytest.mark.parametrize(("job_class", "called"), [(Job, 1), (AllowedJob, 0)], ids=["RQ's own", "ours"])
@pytest.mark.parametrize(
    ("function", "args", "status"),
    [("workers.jobs.advance", ("nothing1",), "finished"), ("workers.jobs.advance", (), "failed")],
    ids=["done", "failed"],
)
def test_callbacks_and_webhooks_are_left_alone(
    dependencies: Dependencies,
    redis_url: str,
    job_class: type[Job],
    called: int,
    function: str,
    args: tuple[str, ...],
    status: Any,
) -> None:
    queue = QueueHarness(redis_url, job_class)
    with listening() as (address, arrived):
        queue.enqueue_by_hand(
            function,
            *args,
            on_success=Callback(f"{__name__}.called_back"),
            on_failure=Callback(f"{__name__}.called_back"),
            webhooks=[Webhook(address, status, method="POST")],
        )
        queue.run_worker_of_rq(SimpleWorker)

    assert queue.redis.llen(CALLED) == called
    assert len(arrived) == called


@pytest.mark.parametrize(("job_class", "called"), [(Job, 1), (AllowedJob, 0)], ids=["RQ's own", "ours"])
def test_nor_are_those_of_a_job_whose_worker_died(
    redis: Redis, redis_url: str, job_class: type[Job], called: int
) -> None:
    queue = QueueHarness(redis_url, job_class)
    with listening() as (address, arrived):
        job_id = queue.enqueue_by_hand(
            "workers.jobs.advance",
            "nothing1",
            on_failure=Callback(f"{__name__}.called_back"),
            webhooks=[Webhook(address, "failed", method="POST")],
        )
        abandon(queue, job_id)
        clean_registries(queue.queues[0])

    assert queue.redis.llen(CALLED) == called
    assert len(arrived) == called


def abandon(queue: QueueHarness, job_id: str) -> None:
    """What a worker leaves that was killed in the middle of a job, long ago."""
    queue.queues[0].remove(job_id)
    job = Job.fetch(job_id, connection=queue.redis, serializer=JSONSerializer)
    job.set_status(JobStatus.STARTED)
    with queue.redis.pipeline() as pipe:
        Execution.create(job, ttl=60, pipeline=pipe)
        pipe.execute()
    registry = queue.queues[0].started_job_registry
    for member in to_texts(queue.redis.zrange(registry.key, 0, -1)):
        queue.redis.zadd(registry.key, {member: 1})


def test_the_worker_process_refuses_what_is_none_of_ours(
    redis: Redis, redis_url: str, queue: QueueHarness, tmp_path: Path
) -> None:
    folder = tmp_path / "made"
    refused = queue.enqueue_by_hand("os.mkdir", str(folder), on_failure=Callback("os.mkdir"))
    done = queue.enqueue_by_hand(
        "workers.jobs.advance", "nothing1", on_success=Callback(f"{__name__}.called_back")
    )
    env = clean_env(
        tmp_path,
        REDIS_URL=redis_url,
        SLACK_BOT_TOKEN="xoxb-1-2-test",
        SLACK_API_URL="http://127.0.0.1:9/api/",
        AWS_ENDPOINT_URL="http://127.0.0.1:9",
        RESTORE_TAG_KEY=RESTORE_TAG_KEY,
        AWS_ACCESS_KEY_ID="sandbox",
        AWS_SECRET_ACCESS_KEY="sandbox",
    )

    with run_process(["workers"], env, tmp_path) as process:
        wait_until(lambda: queue.failure_of(refused) and not queue.redis.exists(f"rq:job:{done}"))
        code, output, _ = terminate(process)

    assert code == 0, output
    assert "NotAllowedError: os.mkdir" in queue.failure_of(refused)
    assert not folder.exists()
    assert queue.redis.llen(CALLED) == 0
