"""The ACL rules of docs/security.md: with them everything works, and nothing else is allowed."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import NoPermissionError, RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from deploys.job_queue import QUEUES, JobQueue
from deploys.records.phases import Outcome, Phase
from deploys.records.refused_request import RefusedRequest
from deploys.records.thread_state import ThreadState
from deploys.redis_connection import connect
from deploys.redis_round_trip import RoundTrip
from deploys.stores import redis_keys
from deploys.stores.claims import Claim
from deploys.stores.deliveries import Deliveries
from deploys.stores.deploy_reader import DeployReader
from deploys.stores.deploy_store import DeployStore
from deploys.stores.ecs_events import EcsEvents
from deploys.stores.heartbeats import HeartbeatWriter, read_heartbeats
from deploys.stores.refused_requests import RefusedRequests
from deploys.stores.request_limits import Limits, RequestLimits
from deploys.stores.retention import Retention
from deploys.stores.terminal_answers import TerminalAnswer, TerminalAnswers
from deploys.stores.thread_store import RESPONSE_URL_KEY, ThreadStore
from deploys.stores.user_groups import UserGroups
from deploys.stores.workspace import Workspace, find_workspace, save_workspace
from sandbox.valkey import valkey
from tests.builders import NOW, a_deploy, a_service
from tests.redis_acl import PROCESSES, apply_rules, url_of
from tests.workers.jobs.queue_harness import WorkerWithoutProcess
from workers.audit_keeper import AuditKeeper
from workers.scheduler import Scheduler


@pytest.fixture(scope="module")
def connection() -> Iterator[Callable[[str], Redis]]:
    """A client with the user of a process, on a server that has the rules of the page."""
    with valkey() as server, connect(server.connection_url) as admin:
        apply_rules(admin)
        yield lambda process: connect(url_of(process, server.port))


def end(store: DeployStore, deploy_id: str) -> Claim:
    claim = store.claim(deploy_id, "worker", 60, due_by=NOW + 10)
    assert claim is not None
    over = claim.deploy.evolve(outcome=Outcome.SUCCEEDED, ended_at=NOW)
    return store.commit(claim, over.in_phase(Phase.ENDED, NOW), due_at=NOW, what="ended")


def test_a_deploy_is_requested_moved_told_and_forgotten_by_these_users(
    connection: Callable[[str], Redis],
) -> None:
    bot, worker, scheduler = (connection(each) for each in ("bot", "worker", "scheduler"))
    request = {"requested_at": NOW}
    deploy = a_deploy(a_service(), request=request)

    # The bot takes the request.
    assert Deliveries(bot).begin("delivery")
    trip = RoundTrip(bot)
    Deliveries(bot).ask_to_finish(trip, "delivery", "queued")
    trip.run()
    assert Deliveries(bot).answer("delivery") == "queued"
    assert not Deliveries(bot).begin("delivery")
    assert RequestLimits(bot, Limits(), now=lambda: NOW).take("U01ALICE00", changes=True) is None
    UserGroups(bot).members("S01DEPLOYERS", NOW)
    DeployStore(bot, now=lambda: NOW).submit(deploy)
    ThreadStore(bot).save_response_url(deploy.id, "https://hooks.slack.com/commands/1/2/3")
    JobQueue(bot).advance(deploy.id)

    # So does the command line, with the bot's user; a worker answers it.
    save_workspace(bot, Workspace(team="T01SLIPWAY", bot_user="U0SLIPWAYB"))
    assert find_workspace(bot) is not None
    TerminalAnswers(bot).expect("query", "user/alice")
    assert TerminalAnswers(worker).asked_by("query") == "user/alice"
    TerminalAnswers(worker).save("query", TerminalAnswer("here"))
    assert TerminalAnswers(bot).wait("query", 0) is not None

    # The scheduler enqueues what is due.
    due = Scheduler(
        DeployStore(scheduler), ThreadStore(scheduler), JobQueue(scheduler), now=lambda: NOW + 1
    ).tick()
    assert due > 0
    audit_lines = io.StringIO()
    AuditKeeper(scheduler, 365, audit_lines, now=lambda: NOW).tick()
    assert '"what": "requested"' in audit_lines.getvalue()
    HeartbeatWriter(scheduler, "scheduler").write()

    # The receiver of events makes due what waits for ECS.
    receiver = connection("events")
    events = EcsEvents(receiver, now=lambda: NOW)
    assert events.confirm_arrival()
    assert events.waiting() == []
    assert events.wake({deploy.id: NOW}) == {}
    assert [each.id for each in DeployReader(receiver).readable([deploy.id])] == [deploy.id]
    JobQueue(receiver).watch("eu-west-1/production")
    HeartbeatWriter(receiver, "events").write()

    # A worker takes the jobs, moves the deploy and tells of it.
    queues = [Queue(name, connection=worker, serializer=JSONSerializer) for name in QUEUES]
    names = {str(job.func_name).rpartition(".")[2] for queue in queues for job in queue.jobs}
    assert {"advance_due", "publish"} <= names
    worker.delete(*(queue.key for queue in queues))
    queues[0].enqueue("builtins.len", args=["a job"])
    taken = WorkerWithoutProcess(queues, connection=worker, serializer=JSONSerializer)
    taken.register_birth()
    taken._work_once()
    taken.register_death()  # type: ignore[no-untyped-call]
    UserGroups(worker).save_members("S01DEPLOYERS", ["U01ALICE00"], NOW)
    HeartbeatWriter(worker, "worker").write()
    assert {each.process for each in read_heartbeats(bot)} == {"scheduler", "events", "worker"}
    store, threads = DeployStore(worker, now=lambda: NOW), ThreadStore(worker)
    assert threads.response_url(deploy.id) == "https://hooks.slack.com/commands/1/2/3"
    assert threads.claim(deploy.id, "publisher", 10)
    score = threads.start_sync(deploy.id, NOW)
    threads.save(deploy.id, "publisher", ThreadState(channel="C01DEPLOYS"))
    threads.finish_sync(deploy.id, score)
    threads.release(deploy.id, "publisher")
    store.make_due([deploy.id])
    end(store, deploy.id)
    worker.info("server")
    assert connection("audit").xrevrange(redis_keys.AUDIT, count=5)
    assert Retention(worker, 365, now=lambda: NOW + 400 * 86_400).expire() == 1


FORBIDDEN: list[tuple[Any, ...]] = [
    ("FLUSHALL",),
    ("FLUSHDB",),
    ("CONFIG", "GET", "requirepass"),
    ("CONFIG", "SET", "appendonly", "no"),
    ("KEYS", "*"),
    ("SHUTDOWN", "NOSAVE"),
    ("ACL", "LIST"),
    ("MONITOR",),
    ("GET", "another-application"),
    ("SET", "another-application", "1"),
    ("EVAL", "return redis.call('GET', 'another-application')", "0"),
]


@pytest.mark.parametrize("command", FORBIDDEN, ids=lambda command: " ".join(command)[:30])
@pytest.mark.parametrize("process", PROCESSES)
def test_nobody_may_do_what_slipway_does_not(
    connection: Callable[[str], Redis], process: str, command: tuple[Any, ...]
) -> None:
    client: Any = connection(process)

    with pytest.raises(RedisError, match=r"(?i)no permissions|can't access|no longer has"):
        client.execute_command(*command)


@pytest.mark.parametrize(
    ("process", "command"),
    [
        ("bot", ("GET", f"{RESPONSE_URL_KEY}w7x8y9zt")),
        ("scheduler", ("GET", f"{RESPONSE_URL_KEY}w7x8y9zt")),
        ("scheduler", ("HSET", redis_keys.record("w7x8y9zt"), "record", "forged")),
        ("scheduler", ("XADD", redis_keys.AUDIT, "*", "by", "nobody")),
        ("scheduler", ("DEL", redis_keys.AUDIT)),
        ("scheduler", ("ZADD", redis_keys.DUE, "0", "w7x8y9zt")),
        ("scheduler", ("SET", redis_keys.FENCE, "0")),
        ("events", ("GET", f"{RESPONSE_URL_KEY}w7x8y9zt")),
        ("events", ("HSET", redis_keys.record("w7x8y9zt"), "record", "forged")),
        ("events", ("HSET", redis_keys.WAITS_FOR_ECS, "w7x8y9zt", "1")),
        ("events", ("SET", redis_keys.FENCE, "0")),
        ("bot", ("PUBLISH", "rq:pubsub:w1", "stop")),
        ("audit", ("XADD", redis_keys.AUDIT, "*", "by", "nobody")),
        ("audit", ("HGETALL", redis_keys.record("w7x8y9zt"))),
    ],
)
def test_a_process_may_do_no_more_than_its_own_work(
    connection: Callable[[str], Redis], process: str, command: tuple[Any, ...]
) -> None:
    client: Any = connection(process)

    with pytest.raises(NoPermissionError):
        client.execute_command(*command)


def test_what_redis_forbids_is_not_taken_for_kept(connection: Callable[[str], Redis]) -> None:
    scheduler = connection("scheduler")
    refused = RefusedRequest(
        id="r3q4s5t6",
        subcommand="deploy",
        services=("web",),
        request=a_deploy().request,
        error="CommandTooLate",
    )

    with pytest.raises(NoPermissionError):
        ThreadStore(scheduler).save_response_url("w7x8y9zt", "https://hooks.slack.com/commands/1/2/3")
    with pytest.raises(NoPermissionError):
        RefusedRequests(scheduler).save(refused)
