"""A claim counts while its process lives: what a dead or paused one had claimed is free within seconds, and
never before."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from deploys.errors import LeaseLost, LeaseTooShort, UnknownSchema
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.redis_connection import connect
from deploys.stores import claim_holder, redis_keys
from deploys.stores.claim_holder import HEARTBEAT_SECONDS, ClaimHolder, holder_of, uptime
from deploys.stores.claims import Claim
from deploys.stores.deploy_store import DeployStore
from tests.bot.bot_harness import ManualClock
from tests.builders import NOW, a_deploy, a_service
from tests.workers.jobs.queue_harness import wait_until

start_thread = ClaimHolder._start_thread
OLD_TOKEN = "ip-10-0-0-7.internal:4242:0123456789abcdef"
"""As versions wrote it whose processes had no heartbeat."""


@pytest.fixture
def one(redis: Redis) -> DeployStore:
    """The store as one process has it."""
    return DeployStore(redis, now=lambda: NOW)


@pytest.fixture
def two(redis: Redis) -> DeployStore:
    """The store as another process has it."""
    return DeployStore(redis, now=lambda: NOW)


@pytest.fixture
def deploy(one: DeployStore) -> Deploy:
    return one.submit(a_deploy()).deploy


def claimed(store: DeployStore, deploy: Deploy) -> Claim:
    claim = store.claim(deploy.id, "worker", 60)
    assert claim is not None
    return claim


def end_heartbeat(store: DeployStore) -> None:
    """What time does to it if the process renews it no more."""
    store.redis.delete(redis_keys.claim_holder(store.claim_holder.id))


def test_what_a_living_process_holds_is_not_given_to_another(
    one: DeployStore, two: DeployStore, deploy: Deploy
) -> None:
    claim = claimed(one, deploy)

    assert two.claim(deploy.id, "worker", 60) is None
    assert two.due(NOW) == []
    assert one.confirm(claim, 10) > uptime() + 10


def test_the_heartbeat_begins_with_the_claim_and_ends_within_thirteen_seconds(
    one: DeployStore, redis: Redis, deploy: Deploy
) -> None:
    claim = claimed(one, deploy)

    left_ms = int(redis.pttl(redis_keys.claim_holder(holder_of(claim.token))))
    assert HEARTBEAT_SECONDS == 13
    assert 12_000 < left_ms <= 13_000
    assert 59_000 < int(redis.pttl(redis_keys.lease(deploy.id))) <= 60_000


def test_what_a_dead_process_held_is_due_and_another_takes_it_over(
    one: DeployStore, two: DeployStore, deploy: Deploy
) -> None:
    dead = claimed(one, deploy)
    end_heartbeat(one)

    assert [(each.deploy_id, each.left_claim) for each in two.due(NOW)] == [(deploy.id, dead.token)]
    taken = claimed(two, deploy)
    assert taken.fence > dead.fence
    assert two.due(NOW) == []


def test_a_process_that_wakes_after_another_took_over_changes_nothing(
    one: DeployStore, two: DeployStore, deploy: Deploy
) -> None:
    paused = claimed(one, deploy)
    end_heartbeat(one)
    taken = claimed(two, deploy)

    with pytest.raises(LeaseLost):
        one.confirm(paused, 10)
    with pytest.raises(LeaseLost):
        one.commit(paused, paused.deploy.in_phase(Phase.REGISTERING, NOW), due_at=NOW)
    one.release(paused, NOW + 30)

    assert one.get(deploy.id) == deploy
    assert [each.at for each in two.due(NOW + 60)] == []
    assert two.commit(taken, deploy.in_phase(Phase.PLANNING, NOW), due_at=NOW).deploy.phase is Phase.PLANNING


def test_a_claim_without_heartbeat_holds_until_another_takes_over(one: DeployStore, deploy: Deploy) -> None:
    claim = claimed(one, deploy)
    end_heartbeat(one)

    one.confirm(claim, 10)
    assert one.due(NOW) == [], "it has its heartbeat again"
    end_heartbeat(one)
    kept = one.commit(claim, deploy.in_phase(Phase.PLANNING, NOW), due_at=NOW, keep=True)

    one.commit(kept, kept.deploy.in_phase(Phase.REGISTERING, NOW), due_at=NOW)
    stored = one.get(deploy.id)
    assert stored is not None
    assert stored.phase is Phase.REGISTERING


def test_a_lease_is_the_longest_that_a_living_process_holds_a_deploy(
    one: DeployStore, two: DeployStore, redis: Redis, deploy: Deploy
) -> None:
    hanging = claimed(one, deploy)
    redis.delete(redis_keys.lease(deploy.id))

    assert [each.left_claim for each in two.due(NOW)] == [""]
    claimed(two, deploy)
    with pytest.raises(LeaseLost):
        one.confirm(hanging, 10)


@pytest.mark.parametrize(("lease_seconds", "worst_seconds"), [(10, 11), (60, 14)])
def test_a_call_that_could_outlast_the_lease_or_the_heartbeat_is_not_made(
    one: DeployStore, deploy: Deploy, lease_seconds: float, worst_seconds: float
) -> None:
    claim = one.claim(deploy.id, "worker", lease_seconds)
    assert claim is not None

    one.confirm(claim, 5)
    with pytest.raises(LeaseTooShort):
        one.confirm(claim, worst_seconds)


def test_the_time_until_redis_answers_counts(
    one: DeployStore, deploy: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The heartbeat is counted from before it was sent, since Redis may have set it then."""
    claim = claimed(one, deploy)
    times = iter([1000.0, 1002.5, 2000.0, 2003.5])
    monkeypatch.setattr("deploys.stores.claim_store.uptime", lambda: next(times))

    assert one.confirm(claim, 10) == 1013.0
    with pytest.raises(LeaseTooShort):
        one.confirm(claim, 10)


def test_the_lease_of_an_older_version_holds_until_it_ends(
    one: DeployStore, redis: Redis, deploy: Deploy
) -> None:
    redis.set(redis_keys.lease(deploy.id), OLD_TOKEN, px=60_000)

    assert holder_of(OLD_TOKEN) == ""
    assert one.due(NOW) == []
    assert one.claim(deploy.id, "worker", 60) is None
    redis.delete(redis_keys.lease(deploy.id))
    assert one.claim(deploy.id, "worker", 60) is not None


def test_a_claim_that_redis_got_twice_is_one_claim(
    one: DeployStore, two: DeployStore, deploy: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one.claim_holder, "new_token", lambda _: f"{one.claim_holder.id}/worker:1")

    first, again = claimed(one, deploy), claimed(one, deploy)

    assert (first.token, again.fence > first.fence) == (again.token, True)
    assert two.claim(deploy.id, "worker", 60) is None


def test_all_that_a_dead_process_held_is_free_at_once_and_no_more(one: DeployStore, two: DeployStore) -> None:
    deploys = [one.submit(a_deploy(a_service(f"web-{number}"))).deploy for number in range(40)]
    for each in deploys:
        claimed(one, each)
    other = two.submit(a_deploy(a_service("api"))).deploy
    claimed(two, other)

    one.claim_holder.free_claims()

    assert {each.deploy_id for each in two.due(NOW)} == {each.id for each in deploys}


def test_each_forked_process_is_a_holder_of_its_own(
    one: DeployStore, two: DeployStore, deploy: Deploy
) -> None:
    claimed(one, deploy)
    before = one.claim_holder.id
    one.claim_holder.begin_process()

    one.claim_holder.free_claims()

    assert one.claim_holder.id != before
    assert two.claim(deploy.id, "worker", 60) is None, "the other process lives"


def test_what_is_claimed_does_not_hide_what_is_not(one: DeployStore, two: DeployStore) -> None:
    for number in range(5):
        claimed(one, one.submit(a_deploy(a_service(f"web-{number}"))).deploy)
    free = two.submit(a_deploy(a_service("api"))).deploy

    assert [each.deploy_id for each in two.due(NOW, limit=2)] == [free.id]


def test_who_asked_first_comes_first_and_reads_come_last(redis: Redis) -> None:
    clock = ManualClock(NOW)
    store = DeployStore(redis, now=clock)
    submitted = []
    for name in ("web", "api", "search"):
        submitted.append(store.submit(a_deploy(a_service(name))).deploy)
        clock.advance(1)
    watched, first, second = submitted
    store.commit(claimed(store, watched), watched.in_phase(Phase.FOLLOWING, NOW), due_at=NOW, job="watch:a/b")
    store.commit(claimed(store, first), first, due_at=NOW + 30)

    assert [(each.deploy_id, each.job, each.requested_at, each.at) for each in store.due(NOW + 60)] == [
        (first.id, "advance", NOW + 1, NOW + 30),
        (second.id, "advance", NOW + 2, NOW + 2),
        (watched.id, "watch:a/b", NOW, NOW),
    ]


def test_a_watched_deploy_that_a_living_process_holds_is_not_watched_by_another(
    one: DeployStore, two: DeployStore, deploy: Deploy
) -> None:
    key = deploy.cluster_key
    one.commit(claimed(one, deploy), deploy.in_phase(Phase.FOLLOWING, NOW), due_at=NOW, job=f"watch:{key}")
    claimed(one, deploy)

    assert two.watched(key, due_by=NOW) == []
    end_heartbeat(one)
    assert two.watched(key, due_by=NOW) == [deploy.id]


class RenewingStore(DeployStore):
    """Its process renews its heartbeat, and says how often."""

    def __init__(self, redis: Any) -> None:
        super().__init__(redis, now=lambda: NOW)
        self.renewals = 0
        send = redis.set

        def count(*args: Any, **options: Any) -> Any:
            self.renewals += 1
            return send(*args, **options)

        redis.set = count


@pytest.fixture
def renewing(redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> RenewingStore:
    monkeypatch.setattr(ClaimHolder, "_start_thread", start_thread)
    monkeypatch.setattr(claim_holder, "RENEW_SECONDS", 0.02)
    return RenewingStore(connect(redis_url))


def release(store: DeployStore, claim: Claim) -> None:
    store.release(claim, NOW)


def commit(store: DeployStore, claim: Claim) -> None:
    store.commit(claim, claim.deploy, due_at=NOW)


def lose(store: DeployStore, claim: Claim) -> None:
    store.redis.delete(redis_keys.lease(claim.deploy.id))
    with pytest.raises(LeaseLost):
        store.commit(claim, claim.deploy, due_at=NOW, keep=True)


@pytest.mark.parametrize("give_up", [release, commit, lose])
def test_a_process_renews_its_heartbeat_as_long_as_it_holds_claims(
    renewing: RenewingStore, give_up: Callable[[DeployStore, Claim], None]
) -> None:
    claims = [claimed(renewing, renewing.submit(a_deploy(a_service(name))).deploy) for name in ("web", "api")]
    heartbeat = redis_keys.claim_holder(renewing.claim_holder.id)

    for claim in claims:
        renewing.redis.delete(heartbeat)
        wait_until(lambda: renewing.redis.exists(heartbeat))
        give_up(renewing, claim)

    wait_until(lambda: renewing.claim_holder._thread is None)
    sent = renewing.renewals
    again = claimed(renewing, renewing.submit(a_deploy(a_service("search"))).deploy)
    wait_until(lambda: renewing.renewals > sent)
    release(renewing, again)


def test_one_heartbeat_is_renewed_for_forty_claims_and_an_outage_does_not_end_that(
    renewing: RenewingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims = [
        claimed(renewing, renewing.submit(a_deploy(a_service(f"web-{number}"))).deploy)
        for number in range(40)
    ]
    heartbeat, send = redis_keys.claim_holder(renewing.claim_holder.id), renewing.redis.set
    failures: list[str] = []

    def fail(*_: object, **__: object) -> None:
        failures.append("failed")
        raise RedisConnectionError("gone")

    renewing.redis.set = fail  # type: ignore[method-assign]
    wait_until(lambda: len(failures) > 1)
    renewing.redis.delete(heartbeat)
    renewing.redis.set = send  # type: ignore[method-assign]
    wait_until(lambda: renewing.redis.exists(heartbeat))

    for claim in claims:
        release(renewing, claim)
    wait_until(lambda: renewing.claim_holder._thread is None)


def test_a_record_of_a_newer_version_is_not_held(one: DeployStore, redis: Redis, deploy: Deploy) -> None:
    redis.hset(redis_keys.record(deploy.id), "record", '{"schema": 99}')

    with pytest.raises(UnknownSchema):
        one.claim(deploy.id, "worker", 60)

    assert one.claim_holder._held == set()
    assert [each.deploy_id for each in one.due(NOW)] == [deploy.id]


def test_the_clock_of_claims_goes_on_while_the_machine_is_suspended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "clock_gettime", {time.CLOCK_BOOTTIME: 7.0, time.CLOCK_MONOTONIC: 5.0}.get)

    assert uptime() == 7.0
