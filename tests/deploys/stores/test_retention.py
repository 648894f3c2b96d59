"""What ended long ago is deleted everywhere; what is open is kept however old it is."""

from __future__ import annotations

import pytest
from redis import Redis

from deploys.records.batch import Batch
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_state import ThreadState
from deploys.redis_connection import to_text
from deploys.stores import redis_keys, retention
from deploys.stores.deploy_store import DeployStore
from deploys.stores.retention import DAY_SECONDS, Retention
from deploys.stores.thread_store import THREAD_KEY, ThreadStore
from tests.bot.bot_harness import ManualClock
from tests.builders import NOW, a_deploy, a_service


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def store(redis: Redis, clock: ManualClock) -> DeployStore:
    return DeployStore(redis, now=clock)


@pytest.fixture
def expiry(redis: Redis, clock: ManualClock) -> Retention:
    return Retention(redis, 365, now=clock)


def end(store: DeployStore, deploy: Deploy, clock: ManualClock) -> None:
    claim = store.claim(deploy.id, "worker", 60, due_by=clock() + 10)
    assert claim is not None
    over = claim.deploy.evolve(outcome=Outcome.SUCCEEDED, ended_at=clock())
    store.commit(claim, over.in_phase(Phase.ENDED, clock()), due_at=clock())


def submit(store: DeployStore, clock: ManualClock, name: str = "web", **changes: object) -> Deploy:
    request = {"requested_at": clock()}
    return store.submit(a_deploy(a_service(name), request=request, **changes)).deploy


def test_it_is_deleted_wherever_it_is_named_a_year_after_its_end(
    store: DeployStore, expiry: Retention, clock: ManualClock, redis: Redis
) -> None:
    deploy = submit(store, clock)
    end(store, deploy, clock)
    threads = ThreadStore(redis)
    threads.claim(deploy.id, "publisher", 1)
    threads.save(deploy.id, "publisher", ThreadState(channel="C01DEPLOYS"))
    threads.release(deploy.id, "publisher")

    clock.advance(365 * DAY_SECONDS - 1)
    assert expiry.expire() == 0
    clock.advance(2)
    assert expiry.expire() == 1

    kept = {to_text(key) for key in redis.keys("*") if redis.ttl(key) < 0}
    assert kept <= {redis_keys.AUDIT, redis_keys.FENCE, redis_keys.DISK_PROBE}, "the audit trail has its own"
    assert not redis.exists(f"{THREAD_KEY}{deploy.id}")
    assert (store.get(deploy.id), store.recent("web", 5), store.count_deploys(["web"])) == (None, [], 0)


def test_what_is_open_is_kept_however_old_it_is_and_does_not_hide_what_is_not(
    store: DeployStore, expiry: Retention, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH_SIZE", 1)
    still_open = [submit(store, clock, name) for name in ("web", "api", "shop")]
    ended = submit(store, clock, "site")
    end(store, ended, clock)
    clock.advance(400 * DAY_SECONDS)

    assert expiry.expire() == 1
    assert [each.id for each in store.active()] == [each.id for each in still_open] or len(
        store.active()
    ) == 3
    assert store.get(ended.id) is None


def test_the_time_counts_from_the_end(store: DeployStore, expiry: Retention, clock: ManualClock) -> None:
    deploy = submit(store, clock)
    clock.advance(364 * DAY_SECONDS)
    end(store, deploy, clock)
    clock.advance(2 * DAY_SECONDS)

    assert expiry.expire() == 0
    assert store.get(deploy.id) is not None


def test_one_call_does_only_so_much_and_the_next_goes_on(
    store: DeployStore, expiry: Retention, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH_SIZE", 2)
    for _ in range(3):
        end(store, submit(store, clock), clock)
    clock.advance(366 * DAY_SECONDS)

    assert [expiry.expire() for _ in range(3)] == [2, 1, 0]


def test_a_batch_goes_with_the_last_of_its_deploys(
    store: DeployStore, expiry: Retention, clock: ManualClock, redis: Redis
) -> None:
    request = {"requested_at": clock()}
    first, second = (
        a_deploy(a_service(each), batch_id="batch234", request=request) for each in ("web", "api")
    )
    batch = Batch(
        id="batch234",
        name="web,api",
        is_group=False,
        tag="1.4.2",
        deploys=(first.id, second.id),
        request=first.request,
    )
    store.submit_batch(batch, [first, second])
    end(store, first, clock)
    clock.advance(366 * DAY_SECONDS)

    assert (expiry.expire(), store.batch("batch234") is None) == (1, False)
    end(store, second, clock)
    clock.advance(366 * DAY_SECONDS)
    assert (expiry.expire(), store.batch("batch234")) == (1, None)


def test_a_record_of_another_version_of_slipway_expires_too(
    store: DeployStore, expiry: Retention, clock: ManualClock, redis: Redis
) -> None:
    deploy = submit(store, clock)
    end(store, deploy, clock)
    redis.hset(
        redis_keys.record(deploy.id),
        "record",
        f'{{"schema_number": 99, "phase": "ended", "ended_at": {clock()}, "service": {{"name": "web"}}}}',
    )
    unreadable = submit(store, clock, "api")
    end(store, unreadable, clock)
    redis.hset(redis_keys.record(unreadable.id), "record", "{}")
    clock.advance(366 * DAY_SECONDS)

    assert expiry.expire() == 1
    assert redis.exists(redis_keys.record(unreadable.id)), "what cannot be read is not judged"
