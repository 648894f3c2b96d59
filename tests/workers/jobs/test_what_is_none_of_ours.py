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

from deploys.connection import texts
from tests.bot.processes import environment, running, terminated
from tests.workers.jobs.office import Office, until
from workers import jobs
from workers.allowed import AllowedJob
from workers.workshop import Workshop

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
    office = Office(redis_url, job_class)
    folder = tmp_path / "made"

    job_id = office.put("os.mkdir", str(folder))
    office.work(kind)

    assert folder.exists() is made
    assert ("NotAllowedError: os.mkdir" in office.why_failed(job_id)) is not made


@pytest.mark.parametrize(
    "function",
    [
        "os.system",
        "builtins.eval",
        "workers.jobs.open_workshop",
        "workers.jobs._open",
        "workers.jobs.advance.__call__",
        "workers.jobs:advance",
        " workers.jobs.advance",
        "WORKERS.JOBS.ADVANCE",
        "workers.engine.Engine",
        "advance",
        "",
    ],
)
def test_every_other_name_is_refused(office: Office, workshop: Workshop, function: str) -> None:
    job_id = office.put(function, "true")

    office.work()

    assert office.why_failed(job_id)
    assert jobs._workshop is workshop


@pytest.mark.parametrize(("job_class", "called"), [(Job, 1), (AllowedJob, 0)], ids=["RQ's own", "ours"])
@pytest.mark.parametrize(
    ("function", "args", "status"),
    [("workers.jobs.advance", ("nothing1",), "finished"), ("workers.jobs.advance", (), "failed")],
    ids=["done", "failed"],
)
def test_callbacks_and_webhooks_are_left_alone(
    workshop: Workshop,
    redis_url: str,
    job_class: type[Job],
    called: int,
    function: str,
    args: tuple[str, ...],
    status: Any,
) -> None:
    office = Office(redis_url, job_class)
    with listening() as (address, arrived):
        office.put(
            function,
            *args,
            on_success=Callback(f"{__name__}.called_back"),
            on_failure=Callback(f"{__name__}.called_back"),
            webhooks=[Webhook(address, status, method="POST")],
        )
        office.work()

    assert office.redis.llen(CALLED) == called
    assert len(arrived) == called


@pytest.mark.parametrize(("job_class", "called"), [(Job, 1), (AllowedJob, 0)], ids=["RQ's own", "ours"])
def test_nor_are_those_of_a_job_whose_worker_died(
    redis: Redis, redis_url: str, job_class: type[Job], called: int
) -> None:
    office = Office(redis_url, job_class)
    with listening() as (address, arrived):
        job_id = office.put(
            "workers.jobs.advance",
            "nothing1",
            on_failure=Callback(f"{__name__}.called_back"),
            webhooks=[Webhook(address, "failed", method="POST")],
        )
        abandon(office, job_id)
        clean_registries(office.queue)

    assert office.redis.llen(CALLED) == called
    assert len(arrived) == called


def abandon(office: Office, job_id: str) -> None:
    """What a worker leaves that was killed in the middle of a job, long ago."""
    office.queue.remove(job_id)
    job = Job.fetch(job_id, connection=office.redis, serializer=JSONSerializer)
    job.set_status(JobStatus.STARTED)
    with office.redis.pipeline() as pipe:
        Execution.create(job, ttl=60, pipeline=pipe)
        pipe.execute()
    registry = office.queue.started_job_registry
    for member in texts(office.redis.zrange(registry.key, 0, -1)):
        office.redis.zadd(registry.key, {member: 1})


def test_the_worker_process_refuses_what_is_none_of_ours(
    redis: Redis, redis_url: str, office: Office, tmp_path: Path
) -> None:
    folder = tmp_path / "made"
    refused = office.put("os.mkdir", str(folder), on_failure=Callback("os.mkdir"))
    done = office.put("workers.jobs.advance", "nothing1", on_success=Callback(f"{__name__}.called_back"))
    env = environment(
        tmp_path,
        REDIS_URL=redis_url,
        SLACK_BOT_TOKEN="xoxb-1-2-test",
        SLACK_API_URL="http://127.0.0.1:9/api/",
        AWS_ENDPOINT_URL="http://127.0.0.1:9",
        AWS_ACCESS_KEY_ID="sandbox",
        AWS_SECRET_ACCESS_KEY="sandbox",
    )

    with running(["workers"], env, tmp_path) as process:
        until(lambda: office.why_failed(refused) and not office.redis.exists(f"rq:job:{done}"))
        code, output, _ = terminated(process)

    assert code == 0, output
    assert "NotAllowedError: os.mkdir" in office.why_failed(refused)
    assert not folder.exists()
    assert office.redis.llen(CALLED) == 0
