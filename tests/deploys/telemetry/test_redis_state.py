"""What the scheduler's scrape reads in Redis."""

from __future__ import annotations

from typing import Any

import pytest
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from deploys.aws_limits import LIMITS_BY_NAME
from deploys.job_queue import ASKED_QUEUE, WATCH_PREFIX
from deploys.records.deploy import Deploy
from deploys.records.hold import Hold, HoldKind
from deploys.records.phases import Phase
from deploys.stores import redis_keys
from deploys.stores.aws_budget import AwsBudget, BucketKey, CallNeed, Waiter
from deploys.stores.deploy_store import DeployStore
from deploys.stores.watch_intervals import WatchInterval, WatchIntervals, save_intervals
from deploys.telemetry import redis_state
from deploys.telemetry.exposition import STATE_SECONDS
from deploys.telemetry.redis_state import read_redis_state
from tests.builders import NOW, a_deploy, a_service
from tests.redis_commands import commands_of
from tests.reported_metrics import new_exposition, parse_scrape
from workers.rq_worker import RqWorker


def submit(redis: Redis, service: str, **changes: Any) -> Deploy:
    store = DeployStore(redis, now=lambda: NOW)
    return store.submit(a_deploy(a_service(service), request={"requested_at": NOW}, **changes)).deploy


def move(redis: Redis, deploy: Deploy, phase: Phase, at: float, job: str = "advance", **changes: Any) -> None:
    """A step that leads to this phase, and is due then."""
    store = DeployStore(redis, now=lambda: NOW)
    claim = store.claim(deploy.id, "worker", 60)
    assert claim is not None
    store.commit(claim, claim.deploy.in_phase(phase, at, **changes), due_at=at, job=job)


def value(redis: Redis, name: str, *labels: str, later: float = 100.0) -> float | None:
    return read_redis_state(redis, NOW + later)[name].get(labels)


def test_deploys_by_phase_and_by_queue(redis: Redis) -> None:
    first, *_ = [submit(redis, "web", tag=tag) for tag in ("1.4.1", "1.4.2", "1.4.3")]
    other = submit(redis, "api", tag="1.4.2")
    move(redis, first, Phase.FOLLOWING, NOW + 10)
    move(redis, other, Phase.FOLLOWING, NOW + 40)

    state = read_redis_state(redis, NOW + 100)

    in_progress = state["slipway_deploys_in_progress"]
    found = {phase: count for (phase,), count in in_progress.items() if count}
    assert found == {"waiting": 2, "following": 2}
    assert len(in_progress) == len(Phase) - 1
    oldest = state["slipway_oldest_in_phase_seconds"]
    assert (oldest["waiting",], oldest["following",], oldest["planning",]) == (100, 90, 0)
    assert state["slipway_queued_deploys"] == {("web",): 2, ("api",): 0}


def test_a_deploy_that_is_held_does_not_count_as_stuck(redis: Redis) -> None:
    deploy = submit(redis, "web")
    move(redis, deploy, Phase.PLANNING, NOW, hold=Hold(kind=HoldKind.LOCK, sentence="Locked."))

    assert value(redis, "slipway_oldest_in_phase_seconds", "planning") == 0
    assert value(redis, "slipway_deploys_in_progress", "planning") == 1


def test_how_late_steps_and_reads_of_rollouts_are(redis: Redis) -> None:
    move(redis, submit(redis, "web"), Phase.FOLLOWING, NOW + 70, job=f"{WATCH_PREFIX}eu-west-1/production")
    move(redis, submit(redis, "api"), Phase.UPDATING, NOW + 95)
    submitted_last = submit(redis, "site")
    move(redis, submitted_last, Phase.AWAITING_APPROVAL, NOW + 5000)

    assert value(redis, "slipway_due_lag_seconds", "watch") == 30
    assert value(redis, "slipway_due_lag_seconds", "advance") == 5


def test_threads_that_are_behind(redis: Redis) -> None:
    assert value(redis, "slipway_thread_lag_seconds") == 0
    submit(redis, "web")
    submit(redis, "api")

    assert value(redis, "slipway_threads_behind") == 2
    assert value(redis, "slipway_thread_lag_seconds") == 100
    assert value(redis, "slipway_thread_lag_seconds", later=-5) == 0


def test_jobs_and_workers(redis: Redis) -> None:
    queue = Queue(ASKED_QUEUE, connection=redis, serializer=JSONSerializer)
    queue.enqueue("workers.jobs.advance", "a")
    queue.enqueue("workers.jobs.advance", "b")
    for name in ("alive", "killed"):
        RqWorker([queue], connection=redis, name=name).register_birth()
    redis.delete("rq:worker:killed")  # its record has expired

    assert value(redis, "slipway_jobs_waiting") == 2
    assert value(redis, "slipway_workers") == 1


@pytest.mark.parametrize(
    ("key", "write", "metric"),
    [
        ("stop", lambda redis: redis.set(redis_keys.STOP_ALL, "{}"), "slipway_all_deploys_stopped"),
        ("lost", lambda redis: redis.hset(redis_keys.LOST_DEPLOYS, "web", "{}"), "slipway_lost_deploys"),
    ],
)
def test_what_is_or_is_not_there(redis: Redis, key: str, write: Any, metric: str) -> None:
    assert value(redis, metric) == 0
    write(redis)

    assert value(redis, metric) == 1


def test_memory_and_disk_of_redis(redis: Redis) -> None:
    assert (value(redis, "slipway_redis_memory_used_bytes") or 0) > 100_000
    assert value(redis, "slipway_redis_memory_limit_bytes") == 0
    assert value(redis, "slipway_redis_disk_ok") == 1


@pytest.mark.parametrize(
    ("info", "ok"),
    [
        ({}, True),
        ({"aof_last_write_status": "ok", "rdb_last_bgsave_status": "ok"}, True),
        ({"aof_last_write_status": "err", "rdb_last_bgsave_status": "ok"}, False),
        ({"aof_last_write_status": "ok", "rdb_last_bgsave_status": "err"}, False),
    ],
)
def test_whether_redis_can_save(info: dict[str, Any], ok: bool) -> None:
    assert redis_state._disk_ok(info) is ok


def test_a_scrape_reads_no_record_of_a_deploy(redis: Redis) -> None:
    for number in range(5):
        submit(redis, f"s{number}")

    read = commands_of(redis, lambda: read_redis_state(redis, NOW))

    assert read["hgetall"] == 1
    assert {name for name in read if name in ("evalsha_ro", "eval_ro", "hget")} == set()


def test_a_record_of_another_version_is_left_out(redis: Redis) -> None:
    deploy = submit(redis, "web")
    submit(redis, "api")
    record = deploy.to_json().replace('"schema_number":', '"schema_number":9')
    redis.hset(redis_keys.record(deploy.id), mapping={"record": record, "version": 1})
    redis.hdel(redis_keys.SUMMARIES, deploy.id)

    assert value(redis, "slipway_deploys_in_progress", "waiting") == 1


def test_frequent_scrapes_read_redis_once(redis: Redis, redis_url: str) -> None:
    exposition, _ = new_exposition("scheduler", redis_url)
    assert STATE_SECONDS > 1
    first = parse_scrape(exposition.text().decode())
    submit(redis, "web")

    second = parse_scrape(exposition.text().decode())

    name = 'slipway_deploys_in_progress{phase="waiting"}'
    assert (first[name], second[name]) == (0, 0)
    assert first["slipway_redis_up"] == second["slipway_redis_up"] == 1


def test_the_budget_of_calls_to_aws_and_the_interval_of_the_looks_are_told(redis: Redis) -> None:
    budget = AwsBudget(redis, now=lambda: NOW + 100)
    register = LIMITS_BY_NAME["task-definition-changes"]
    for account in ("own", "210987654321"):
        for number in range(9 if account == "own" else 3):
            waiter = Waiter(f"d{number}", CallNeed.CHANGE, NOW)
            budget.take(BucketKey(account, "eu-west-1", register), waiter)
    assert value(redis, "slipway_aws_budget_tokens", register.name) == 2, "the fewest: two for rollbacks"
    assert value(redis, "slipway_aws_budget_waiting", register.name) == 1
    assert value(redis, "slipway_aws_budget_waiting", "service-reads") == 0, "an alert sees the first one"

    assert value(redis, "slipway_watch_interval_seconds") == 0
    places = {"own/eu-west-1": WatchInterval(deploys=1000, seconds=12.5)}
    save_intervals(redis, WatchIntervals(at=NOW, places=places))
    assert value(redis, "slipway_watch_interval_seconds") == 12.5
    redis.set(redis_keys.EVENTS_ALIVE, 1, ex=30)
    assert value(redis, "slipway_watch_interval_seconds") == 60
