"""The scheduler enqueues what is due, often enough and not more, however many schedulers there are."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import Any

import pytest
from redis import Redis

from deploys.job_queue import (
    ADVANCE_SLOTS,
    DEPLOYS_QUEUE,
    JOBS_FOR_EACH_WORKER,
    WATCH_PREFIX,
    JobQueue,
    count_waiting,
)
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.redis_connection import connect_for_rq, to_texts
from deploys.redis_outage import RedisTemporaryError
from deploys.stores import redis_keys
from deploys.stores.claims import DueDeploy
from sandbox.valkey import refusing_commands
from tests.builders import NOW, a_service
from tests.redis_commands import commands_of
from tests.workers.scheduler.scheduler_harness import SchedulerHarness, add_worker, job_for
from workers.scheduler import (
    LOOK_SECONDS,
    PUBLISH_SECONDS,
    REPEAT_SECONDS,
    TICK_SECONDS,
    Scheduler,
    jobs_for_due_deploys,
)


def test_what_is_due_is_enqueued_once(harness: SchedulerHarness) -> None:
    deploy = harness.request_deploy()

    harness.run(REPEAT_SECONDS)

    assert harness.job_queue.take("advance_due") == [job_for(deploy)]


def test_what_redis_refuses_is_enqueued_once_it_accepts_it(harness: SchedulerHarness, redis: Redis) -> None:
    harness.request_deploy()
    scheduler = harness.scheduler_for_rq()

    with refusing_commands(redis, "OOM"), pytest.raises(RedisTemporaryError):
        scheduler.tick()
    scheduler.tick()

    assert len(harness.jobs("advance_due")) == 1


def test_what_stays_due_is_enqueued_again_every_five_seconds(harness: SchedulerHarness) -> None:
    deploy = harness.request_deploy()

    harness.run(4 * REPEAT_SECONDS)

    assert harness.job_queue.take("advance_due") == [job_for(deploy)] * 4


def test_while_no_deploy_is_open_redis_is_asked_little(harness: SchedulerHarness, redis: Redis) -> None:
    harness.run(1)
    commands = commands_of(redis, lambda: harness.run(10))

    assert commands["xrevrange"] == 10, "whether the audit has a new entry"
    assert commands["zrange"] == 2 * 2, "the deploys and the threads, although it has none"
    assert commands["zrangebyscore"] <= 1, "the workers"
    assert commands.total() <= 22


def test_a_deploy_whose_first_job_was_lost_is_found_within_a_second(harness: SchedulerHarness) -> None:
    harness.run(TICK_SECONDS)
    deploy = harness.request_deploy()

    harness.run(LOOK_SECONDS)

    assert harness.job_queue.take("advance_due") == [job_for(deploy)]


def test_what_a_living_process_has_claimed_is_not_enqueued(harness: SchedulerHarness) -> None:
    harness.claim(harness.request_deploy())
    followed = harness.request_deploy(a_service("api"))
    harness.follow(followed, after=1)
    harness.time += 1
    harness.claim(followed)

    harness.run(4 * REPEAT_SECONDS)

    assert harness.job_queue.take("advance_due") == harness.job_queue.take("watch") == []


@pytest.mark.parametrize("claimed_for", [0.5, 13])
def test_what_a_dead_process_had_claimed_is_enqueued_at_the_next_tick(
    harness: SchedulerHarness, claimed_for: float
) -> None:
    """Also if the worker that took the job died before it could delete its hash."""
    deploy, scheduler = harness.request_deploy(), harness.scheduler_for_rq()
    scheduler.tick()
    [lost] = harness.jobs("advance_due")
    harness.store.redis.lrem(f"rq:queue:{DEPLOYS_QUEUE}", 0, lost.id)
    harness.claim(deploy)
    harness.time += claimed_for
    scheduler.tick()
    assert harness.jobs("advance_due") == []

    harness.store.claim_holder.free_claims()
    scheduler.tick()

    assert len(harness.jobs("advance_due")) == 1


def test_what_is_due_later_is_enqueued_when_its_time_comes(harness: SchedulerHarness) -> None:
    deploy = harness.request_deploy()
    claim = harness.claim(deploy)
    harness.store.commit(claim, claim.deploy.in_phase(Phase.AWAITING_APPROVAL, NOW), due_at=NOW + 60)

    harness.run(60)
    assert harness.job_queue.take("advance_due") == []

    harness.run(1)
    assert harness.job_queue.take("advance_due") == [job_for(deploy)]


def test_each_new_due_time_is_enqueued(harness: SchedulerHarness) -> None:
    deploy = harness.request_deploy()

    for _ in range(3):
        harness.run(1)
        claim = harness.claim(deploy)
        harness.store.commit(claim, claim.deploy, due_at=harness.time)

    harness.run(1)
    assert harness.job_queue.take("advance_due") == [job_for(deploy)] * 4


def test_a_decision_is_enqueued_at_once(harness: SchedulerHarness) -> None:
    deploy = harness.request_deploy()
    claim = harness.claim(deploy)
    harness.store.commit(claim, claim.deploy.in_phase(Phase.AWAITING_APPROVAL, NOW), due_at=NOW + 1800)
    harness.run(1)

    harness.store.amend(
        deploy.id, lambda d: d.evolve(request={"reason": "decided"}), by="U02BOB0000", what="approved"
    )
    harness.run(TICK_SECONDS)

    assert harness.job_queue.take("advance_due") == [job_for(deploy)]


def test_what_waits_in_the_queue_or_has_ended_is_not_enqueued(harness: SchedulerHarness) -> None:
    first, second = harness.request_deploy(), harness.request_deploy(tag="1.5.0")
    harness.run(1)
    assert harness.job_queue.take("advance_due") == [job_for(first)]
    claim = harness.claim(first)

    harness.store.commit(
        claim, claim.deploy.in_phase(Phase.ENDED, NOW, outcome=Outcome.SUCCEEDED), due_at=NOW
    )
    harness.run(1)

    assert harness.job_queue.take("advance_due") == [job_for(second)]


def test_one_watch_for_each_cluster_however_many_deploys_it_has(harness: SchedulerHarness) -> None:
    for number in range(12):
        harness.follow(harness.request_deploy(a_service(f"web-{number}")), after=1 + number / 10)
    for number in range(3):
        harness.follow(harness.request_deploy(a_service(f"batch-{number}", cluster="staging")), after=2)

    harness.scheduler = harness.scheduler_for_rq()
    harness.run(1 + REPEAT_SECONDS)

    assert sorted(harness.queued("watch")) == ["eu-west-1/production", "eu-west-1/staging"]
    assert harness.jobs("advance_due") == []


def test_a_cluster_is_watched_again_when_its_rollouts_are_due_again(harness: SchedulerHarness) -> None:
    deploy = harness.request_deploy()
    for _ in range(4):
        harness.follow(deploy, after=2)
        harness.run(2 + TICK_SECONDS)

    assert harness.job_queue.take("watch") == ["watch eu-west-1/production 0"] * 4


DUE_JOBS = {
    "nothing": ([], 2, []),
    "one deploy": (["advance"], 2, [("", 0)]),
    "no more than the workers": (["advance"] * 1000, 3, [("", 0), ("", 1), ("", 2)]),
    "more workers than other callers use": (
        ["advance"] * 8,
        6,
        [("", 0), ("", 1), ("", 2), ("", 3), ("", 4), ("", 5)],
    ),
    "one for as many rollouts as are read together": (["watch:a"] * 40, 6, [("a", 0)]),
    "two for one more": (["watch:a"] * 41, 6, [("a", 0), ("a", 1)]),
    "what takes steps before what reads, and each cluster before the second job of one": (
        ["watch:a"] * 1000 + ["watch:b", "advance", "advance"],
        2,
        [("", 0), ("", 1), ("a", 0), ("b", 0), ("a", 1)],
    ),
}


@pytest.mark.parametrize("name", DUE_JOBS)
def test_jobs_for_what_is_due(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.scheduler.advance_slot", lambda deploy_id: int(deploy_id) % ADVANCE_SLOTS)
    jobs, workers, expected = DUE_JOBS[name]
    first = next((at for at, job in enumerate(jobs) if job == "advance"), 0)
    due = [DueDeploy(str(at - first), job, NOW, NOW) for at, job in enumerate(jobs)]

    assert jobs_for_due_deploys(due, workers) == expected


@pytest.mark.parametrize("workers", [1, 6])
def test_a_thousand_deploys_that_are_due_never_have_ten_jobs_a_worker_waiting(
    harness: SchedulerHarness, redis: Redis, workers: int
) -> None:
    """Each has a thread, half of them have a cluster of their own to watch, and no worker takes anything."""
    for number in range(workers):
        add_worker(redis, number)
    scheduler = harness.scheduler_for_rq()
    bot = JobQueue(connect_for_rq(harness.url), now=harness.now)
    ids = [f"deploy{number}" for number in range(1000)]
    redis.zadd(redis_keys.DUE, dict.fromkeys(ids, int(NOW * 1000)))
    clusters: dict[Any, Any] = {each: f"{WATCH_PREFIX}eu-west-1/{each}" for each in ids[500:]}
    redis.hset(redis_keys.NEXT_JOBS, mapping=clusters)

    most = 0
    for number, deploy_id in enumerate(ids[::5]):
        harness.threads.mark_due(deploy_id, harness.time)
        bot.advance(deploy_id)
        bot.publish()
        if number % 40 == 0:
            harness.time += REPEAT_SECONDS
            scheduler.tick()
        most = max(most, count_waiting(redis))

    assert most <= workers * JOBS_FOR_EACH_WORKER
    assert len(harness.jobs("advance_due")) == max(workers, ADVANCE_SLOTS)


def test_what_had_no_room_is_enqueued_once_workers_took_some(harness: SchedulerHarness, redis: Redis) -> None:
    add_worker(redis, 0)
    scheduler = harness.scheduler_for_rq()
    room = JOBS_FOR_EACH_WORKER // 2 - ADVANCE_SLOTS
    clusters = [f"eu-west-1/cluster-{number}" for number in range(8)]
    redis.zadd(redis_keys.DUE, {each: int(NOW * 1000) + at for at, each in enumerate(clusters)})
    redis.hset(redis_keys.NEXT_JOBS, mapping={each: f"{WATCH_PREFIX}{each}" for each in clusters})
    redis.zadd(redis_keys.HISTORY, {each: at for at, each in enumerate(clusters)})
    harness.time += 1

    scheduler.tick()
    assert harness.queued("watch") == clusters[:room]
    scheduler.tick()
    assert harness.queued("watch") == clusters[:room]

    for job in harness.jobs("watch"):
        redis.lpop(f"rq:queue:{DEPLOYS_QUEUE}")
        job.delete()
    redis.zrem(redis_keys.DUE, *clusters[:room])
    scheduler.tick()
    assert harness.queued("watch") == clusters[room : 2 * room]


def test_a_tick_asks_redis_the_same_few_things_however_much_is_in_flight(
    harness: SchedulerHarness, redis: Redis
) -> None:
    for number in range(6):
        add_worker(redis, number)
    scheduler = harness.scheduler_for_rq()
    scheduler.tick()
    for number in range(100):
        harness.follow(harness.request_deploy(a_service(f"web-{number}")), after=5)
    harness.time += TICK_SECONDS
    scheduler.tick()
    harness.time += TICK_SECONDS
    before = redis.info("stats")["total_commands_processed"]

    scheduler.tick()

    asked = redis.info("stats")["total_commands_processed"] - before - 1
    assert asked <= 4


def test_while_a_deploy_is_open_it_is_asked_once_a_second_what_is_due(
    harness: SchedulerHarness, redis: Redis
) -> None:
    harness.follow(harness.request_deploy(), after=60)
    harness.run(2)

    commands = commands_of(redis, lambda: harness.run(4))

    assert commands["zrange"] <= 2 * 4 + 1


@pytest.mark.parametrize("quiet_for", [0.25, 1.75, 4.75, 12])
@pytest.mark.parametrize("ended_after", [0.25, 0.5, 0.75, 1])
def test_what_begins_while_nothing_was_open_is_found_within_a_second(
    harness: SchedulerHarness, ended_after: float, quiet_for: float
) -> None:
    """Also if its job was lost, and if deploys and threads were not looked at together before."""

    def show(deploy: Deploy) -> None:
        harness.threads.finish_sync(deploy.id, harness.threads.start_sync(deploy.id, NOW))

    before = harness.request_deploy()
    show(before)
    harness.run(ended_after)
    claim = harness.claim(before)
    ended = claim.deploy.in_phase(Phase.ENDED, NOW, outcome=Outcome.SUCCEEDED)
    harness.store.commit(claim, ended, due_at=NOW)
    show(before)
    harness.run(quiet_for)
    harness.job_queue.enqueued.clear()

    deploy = harness.request_deploy()
    show(deploy)
    harness.run(LOOK_SECONDS + TICK_SECONDS)

    assert harness.job_queue.take("advance_due") == [job_for(deploy)]


@pytest.mark.parametrize("apart", [0.0, 0.4, 1.5], ids=["together", "nearly", "later"])
def test_two_schedulers_enqueue_once(harness: SchedulerHarness, apart: float) -> None:
    [harness.request_deploy(a_service(f"web-{number}")) for number in range(10)]
    harness.follow(harness.request_deploy(a_service("api")), after=0)
    first, second = harness.scheduler_for_rq(), harness.scheduler_for_rq()

    for _ in range(3):
        first.tick()
        harness.time += apart
        second.tick()

    assert len(harness.jobs("advance_due")) == 1, "there is one worker"
    assert harness.queued("watch") == ["eu-west-1/production"]


def test_two_schedulers_in_the_same_moment_enqueue_once(harness: SchedulerHarness) -> None:
    [harness.request_deploy(a_service(f"web-{number}")) for number in range(25)]
    harness.time += PUBLISH_SECONDS
    schedulers = [harness.scheduler_for_rq() for _ in range(4)]
    start = Barrier(len(schedulers))

    def tick(scheduler: Scheduler) -> None:
        start.wait(10)
        scheduler.tick()

    threads = [Thread(target=tick, args=(scheduler,)) for scheduler in schedulers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(harness.jobs("advance_due")) == len(harness.jobs("publish")) == 1


def test_no_deploy_is_lost_with_the_jobs_of_rq(harness: SchedulerHarness, redis: Redis) -> None:
    [harness.request_deploy(a_service(f"web-{number}")) for number in range(3)]
    harness.follow(harness.request_deploy(a_service("api")), after=0)
    harness.scheduler = harness.scheduler_for_rq()
    harness.run(1)
    assert harness.jobs("advance_due")

    redis.delete(*to_texts(redis.keys("rq:*")))
    assert harness.jobs("advance_due") == []
    harness.run(REPEAT_SECONDS)

    assert harness.jobs("advance_due")
    assert harness.queued("watch") == ["eu-west-1/production"]
    assert harness.jobs("publish")


def test_a_scheduler_that_has_just_started_enqueues_all_that_is_due(harness: SchedulerHarness) -> None:
    deploys = [harness.request_deploy(a_service(f"web-{number}")) for number in range(3)]
    harness.time += 3600

    harness.scheduler_with(harness.job_queue).tick()

    assert harness.job_queue.take("advance_due") == [job_for(min(deploys, key=lambda each: each.id))]
