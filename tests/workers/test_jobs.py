"""RQ's jobs: a real worker runs our entry points, and whatever else stands in Redis does no harm."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from pydantic import SecretStr
from redis import Redis
from rq import Callback, Queue, SimpleWorker, Webhook, Worker
from rq.executions import Execution
from rq.job import Job, JobStatus
from rq.registry import clean_registries
from rq.serializers import JSONSerializer

from deploys import audit, keys
from deploys.bell import QUEUE, Bell
from deploys.connection import connect_for_rq, texts
from deploys.deploy import Outcome, Phase
from deploys.groups import Groups
from deploys.threads import Threads
from sandbox.slack import SlackSandbox
from tests.bot.processes import environment, running, terminated
from tests.workers.yard import PACE, Yard
from workers import jobs
from workers.allowed import ENTRY_POINTS, AllowedJob
from workers.ecs.session import Aws
from workers.engine import Engine
from workers.janitor import Janitor
from workers.settings import WorkerSettings
from workers.workshop import Workshop, build

ROOT = Path(__file__).parents[2]
ALICE, DEPLOYS = "U01ALICE00", "C01DEPLOYS"
CALLED = "called-back"


def called_back(job: Job, connection: Redis, *_: Any) -> None:
    """What an intruder would like to have called."""
    connection.rpush(CALLED, job.id)


class Office:
    """A queue as production has it, and workers that empty it."""

    def __init__(self, redis_url: str, job_class: type[Job] = AllowedJob) -> None:
        self.redis = connect_for_rq(redis_url)
        self.job_class = job_class
        self.queue = self.queue_of(job_class)

    def queue_of(self, job_class: type[Job]) -> Queue:
        return Queue(QUEUE, connection=self.redis, serializer=JSONSerializer, job_class=job_class)

    def put(self, function: str, *args: Any, **options: Any) -> str:
        """A job that somebody put into Redis by hand; its id. RQ's own class refuses none."""
        return self.queue_of(Job).enqueue(function, *args, result_ttl=0, **options).id

    def work(self, kind: type[SimpleWorker] | type[Worker] = SimpleWorker) -> None:
        """A worker empties the queue and leaves."""
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        worker = kind(
            [self.queue],
            connection=self.redis,
            serializer=JSONSerializer,
            job_class=self.job_class,
            default_result_ttl=0,
            log_job_description=False,
        )
        try:
            worker.work(burst=True, logging_level="CRITICAL")
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def why_failed(self, job_id: str) -> str:
        """The error of a job that failed; empty when it did not."""
        if job_id not in self.queue.failed_job_registry.get_job_ids(cleanup=False):
            return ""
        result = Job.fetch(job_id, connection=self.redis, serializer=JSONSerializer).latest_result()
        return str(result.exc_string) if result else ""


@pytest.fixture
def office(redis: Redis, redis_url: str) -> Office:
    return Office(redis_url)


@pytest.fixture
def slack() -> Iterator[SlackSandbox]:
    with SlackSandbox(ROOT / "manifest.yml") as sandbox:
        yield sandbox


@pytest.fixture
def workshop(yard: Yard, slack: SlackSandbox, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """What the jobs work with in production, on the yard's ECS, its time, and a played Slack."""
    settings = WorkerSettings(
        redis_url=redis_url,
        services_file=ROOT / "services.example.yml",
        slack_bot_token=SecretStr(slack.bot_token),
        slack_api_url=slack.api_url,
    )
    engine = Engine(
        store=yard.store,
        bell=Bell(connect_for_rq(redis_url)),
        aws=Aws(),
        gate=yard.gate,
        pace=PACE,
        worker="worker",
        now=yard.ecs.now,
    )
    built = build(settings)
    janitor = Janitor(
        built.catalogue.services.values(),
        yard.store,
        yard.redis,
        built.aws,
        Bell(connect_for_rq(redis_url)),
        settle_seconds=PACE.settle_seconds,
        now=yard.ecs.now,
    )
    opened = replace(built, engine=engine, janitor=janitor)
    monkeypatch.setattr(jobs, "_workshop", opened)
    return opened


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


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)


# Our entry points


def ring(bell: Bell, name: str, deploy_id: str) -> None:
    """Rings for one entry point, as those who need it do."""
    match name:
        case "advance" | "publish":
            getattr(bell, name)(deploy_id)
        case "watch":
            bell.watch("eu-west-1/production")
        case "home":
            bell.home(ALICE)
        case "groups":
            bell.groups()
        case "janitor":
            bell.janitor()
        case "say":
            bell.say(DEPLOYS, None, ALICE, "Only you see this.")
        case "tags":
            bell.tags("question1", "web", DEPLOYS, None, ALICE)
        case "plan":
            bell.plan("question2", "web", "1.5.0", DEPLOYS, None, ALICE)
        case _:
            raise AssertionError(f"nobody rings for {name}")


def test_every_entry_point_is_rung_for_and_answered(
    office: Office, workshop: Workshop, yard: Yard, slack: SlackSandbox
) -> None:
    web = yard.ask("web", "1.4.2")
    bell = Bell(office.redis)

    bell.advance(web)
    office.work()
    assert yard.get(web).phase is Phase.FOLLOWING

    yard.ecs.advance(30)
    for entry_point in ENTRY_POINTS:
        ring(bell, entry_point.removeprefix("workers.jobs."), web)
    assert {job.func_name for job in office.queue.jobs} == ENTRY_POINTS
    office.work()

    assert yard.get(web).rollout.new_pending + yard.get(web).rollout.new_running > 0
    assert Threads(yard.redis).find(web) is not None
    assert slack.calls("views.publish")
    assert Groups(yard.redis).members("S01DEPLOYERS", time.time()) is not None
    answers = "\n".join(message["text"] for message in slack.messages(DEPLOYS) if message["ephemeral"])
    for words in ("Only you see this.", "1.4.1", "1.5.0"):
        assert words in answers
    assert office.queue.failed_job_registry.get_job_ids(cleanup=False) == []


def test_what_the_janitor_finds_is_brought_back_and_told_in_the_channel(
    office: Office, workshop: Workshop, yard: Yard, slack: SlackSandbox
) -> None:
    """Redis was lost: nothing is left of the deploy but the marks on the ECS service."""
    ecs, revision = yard.ecs.client("ecs"), yard.service("ledger")["taskDefinition"].rsplit("/", 1)[-1]
    marked = {
        "slipway:restore": "w7x8y9zt/1",
        "slipway:revisions": f"{revision} ledger:99",
        "slipway:asked": f"deploy 1.4.2 {ALICE} {DEPLOYS} T01SLIPWAY",
    }
    arn = yard.service("ledger")["serviceArn"]
    ecs.tag_resource(resourceArn=arn, tags=[{"key": key, "value": marked[key]} for key in marked])
    ecs.update_service(cluster="production", service="ledger", desiredCount=0)
    yard.ecs.advance(120)

    Bell(office.redis).janitor()
    office.work()
    assert yard.store.live() == []
    yard.ecs.advance(300)
    Bell(office.redis).janitor("later")
    office.work()

    assert yard.until_over("w7x8y9zt").outcome is Outcome.ROLLED_BACK
    assert yard.service("ledger")["desiredCount"] == 1

    def told() -> bool:
        workshop.publisher.publish("w7x8y9zt")
        said = "\n".join(message["text"] for message in slack.messages(DEPLOYS))
        return "I found `ledger` stopped by this deploy, and no record of it" in said

    until(told)


def test_a_worker_that_forks_does_the_same(office: Office, workshop: Workshop, yard: Yard) -> None:
    web = yard.ask("web", "1.4.2")
    Bell(office.redis).advance(web)

    office.work(Worker)

    assert yard.get(web).phase is Phase.FOLLOWING


@pytest.mark.parametrize(
    ("function", "args"),
    [
        ("workers.jobs.advance", ("nothing1",)),
        ("workers.jobs.publish", ("nothing1",)),
        ("workers.jobs.watch", ("eu-west-1/nowhere",)),
        ("workers.jobs.advance", ("*",)),
        ("workers.jobs.advance", ("",)),
    ],
)
def test_a_job_about_nothing_does_no_harm(
    office: Office, workshop: Workshop, yard: Yard, slack: SlackSandbox, function: str, args: tuple[str]
) -> None:
    waiting = yard.ask("web", "1.4.2")
    before = (
        yard.get(waiting),
        yard.store.due(yard.ecs.now()),
        sorted(texts(yard.redis.keys(f"{keys.PREFIX}*"))),
    )

    job_id = office.put(function, *args)
    office.work()

    assert office.why_failed(job_id) == ""
    after = (
        yard.get(waiting),
        yard.store.due(yard.ecs.now()),
        sorted(texts(yard.redis.keys(f"{keys.PREFIX}*"))),
    )
    assert after == before
    assert yard.ecs.calls("UpdateService") == []
    assert slack.calls("chat.postMessage") == []


def test_a_deploy_that_is_rung_for_twice_moves_once(office: Office, workshop: Workshop, yard: Yard) -> None:
    web = yard.ask("web", "1.4.2")
    office.put("workers.jobs.advance", web)
    office.put("workers.jobs.advance", web)
    office.put("workers.jobs.watch", "eu-west-1/production")

    office.work()

    moves = [entry["what"] for entry in audit.trail(yard.redis, web)]
    assert (moves[0], moves[-1]) == ("requested", "following")
    assert len(moves) == len(set(moves))
    assert len(yard.ecs.calls("RegisterTaskDefinition")) == 1
    assert len(yard.ecs.calls("UpdateService")) == 1
    assert len(yard.get(web).milestones) == len(set(yard.get(web).milestones))


def test_a_deploy_that_two_workers_are_rung_for_moves_once(
    office: Office, workshop: Workshop, yard: Yard
) -> None:
    web = yard.ask("web", "1.4.2")
    yard.ecs.faults.add(operation="RegisterTaskDefinition", kind="latency", seconds=0.3)
    other = Thread(target=jobs.advance, args=(web,))
    other.start()
    until(lambda: yard.redis.exists(keys.lease(web)))

    office.put("workers.jobs.advance", web)
    office.work()
    other.join(20)

    assert yard.get(web).phase is Phase.FOLLOWING
    assert len(yard.ecs.calls("RegisterTaskDefinition")) == 1
    assert len(yard.ecs.calls("UpdateService")) == 1


# What an intruder might put into Redis


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


# The process


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
