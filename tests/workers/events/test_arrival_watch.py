"""What becomes of deploys that are to be read in a minute, if events stop."""

from __future__ import annotations

from redis import Redis

from deploys.job_queue import JobQueue
from deploys.records.phases import Phase
from deploys.stores import redis_keys
from deploys.stores.deploy_store import DeployStore
from deploys.stores.ecs_events import EcsEvents
from tests.builders import NOW
from tests.deploys.stores.test_ecs_events import begin, claim, due_at, step
from workers.events.arrival_watch import SPREAD_SECONDS, ArrivalWatch, read_ecs_soon


class CountingJobQueue(JobQueue):
    """Remembers what is enqueued."""

    def __init__(self) -> None:
        self.nonces: list[str] = []

    def read_ecs_soon(self, nonce: str = "") -> None:
        self.nonces.append(nonce)


def test_the_scheduler_asks_for_a_read_once_whenever_events_stop(redis: Redis) -> None:
    now = [NOW]
    jobs, events = CountingJobQueue(), EcsEvents(redis)
    watch = ArrivalWatch(events, jobs, now=lambda: now[0])

    def tick(seconds: int) -> None:
        for _ in range(4 * seconds):
            watch.tick()
            now[0] += 0.25

    tick(5)
    assert len(jobs.nonces) == 1, "at its start: they may have stopped while no scheduler ran"
    events.confirm_arrival()
    tick(16)
    assert len(jobs.nonces) == 1
    redis.delete(redis_keys.EVENTS_ALIVE)  # as it expires
    tick(5)
    assert len(set(jobs.nonces)) == len(jobs.nonces) == 2


def test_then_every_deploy_that_waits_for_ecs_is_read_within_seconds(redis: Redis) -> None:
    store, events = DeployStore(redis, now=lambda: NOW), EcsEvents(redis, now=lambda: NOW)
    rolling = [begin(store, Phase.FOLLOWING, service=f"s{number}") for number in range(20)]
    settling = begin(store, Phase.SETTLING, service="settling")
    claimed = claim(store, rolling[0].id)

    read_ecs_soon(events, NOW)
    step(store, claimed, Phase.FOLLOWING)  # by a worker that has seen events arrive

    due = [due_at(redis, each.id) - NOW for each in rolling]
    assert max(due) <= SPREAD_SECONDS
    assert len({round(each) for each in due}) > 2, "not all in one moment"
    assert due_at(redis, settling.id) == NOW + 60
    assert redis.exists(redis_keys.EVENTS_SEEN) == 0
