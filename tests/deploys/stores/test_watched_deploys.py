"""Many deploys are claimed and rescheduled in one script each, whatever people, ECS and other workers do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import hypothesis
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from redis import Redis

from deploys.errors import Conflict, LeaseLost, UnknownSchema
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.redis_connection import to_text, to_texts
from deploys.stores import redis_keys
from deploys.stores.claims import Claim, UnchangedStep
from deploys.stores.deploy_store import DeployStore
from deploys.stores.ecs_events import EcsEvents
from tests.bot.bot_harness import ManualClock
from tests.builders import NOW, a_deploy, a_service
from tests.redis_commands import commands_of

LEASE_SECONDS = 60.0
KEY = a_service().region + "/" + a_service().cluster
JOB = f"watch:{KEY}"


def follow(store: DeployStore, names: list[str]) -> list[Deploy]:
    """Deploys of these services, which are followed and due now."""
    deploys = [store.submit(a_deploy(a_service(name))).deploy for name in names]
    claims, _ = store.claim_many([each.id for each in deploys], "worker", LEASE_SECONDS)
    return [
        store.commit(each, each.deploy.in_phase(Phase.FOLLOWING, NOW), due_at=NOW, job=JOB).deploy
        for each in claims
    ]


def unchanged(claim: Claim, due_at: float) -> UnchangedStep:
    return UnchangedStep(claim, due_at, JOB)


@pytest.fixture
def store(redis: Redis) -> DeployStore:
    return DeployStore(redis, now=lambda: NOW)


def test_forty_are_claimed_and_rescheduled_with_three_commands_for_each(
    store: DeployStore, redis: Redis
) -> None:
    ids = [each.id for each in follow(store, [f"web-{number}" for number in range(40)])]
    claims, _ = store.claim_many(ids, "worker", LEASE_SECONDS)
    store.reschedule([unchanged(each, NOW) for each in claims])

    def look() -> None:
        claims, unreadable = store.claim_many(ids, "worker", LEASE_SECONDS)
        assert ([each.deploy.id for each in claims], unreadable) == (ids, {})
        assert store.reschedule([unchanged(each, NOW + 5) for each in claims]) == []

    assert commands_of(redis, look).total() <= 3 * 40 + 16
    assert store.watched(KEY, due_by=NOW + 4.9) == []
    assert sorted(store.watched(KEY, due_by=NOW + 5)) == sorted(ids)


def test_only_those_are_claimed_that_are_due_and_free_each_with_a_fence_of_its_own(
    store: DeployStore, redis: Redis
) -> None:
    later, held, first, second = follow(store, ["later", "held", "first", "second"])
    claims, _ = store.claim_many([later.id], "worker", LEASE_SECONDS)
    store.reschedule([unchanged(claims[0], NOW + 5)])
    other = DeployStore(redis, now=lambda: NOW)
    [taken], _ = other.claim_many([held.id], "other", LEASE_SECONDS)

    found, _ = store.claim_many([later.id, first.id, held.id, "unknown2", second.id], "worker", LEASE_SECONDS)

    assert [each.deploy for each in found] == [first, second]
    assert taken.fence < found[0].fence < found[1].fence
    assert found[0].token != found[1].token
    assert store.claim_many([], "worker", LEASE_SECONDS) == ([], {})


def test_a_record_of_a_newer_version_is_free_again_and_keeps_no_other_from_being_claimed(
    store: DeployStore, redis: Redis
) -> None:
    newer, ours = follow(store, ["newer", "ours"])
    redis.hset(redis_keys.record(newer.id), "record", '{"schema_number": 99}')

    claims, unreadable = store.claim_many([newer.id, ours.id], "worker", LEASE_SECONDS)

    assert [each.deploy for each in claims] == [ours]
    assert [type(error) for error in unreadable.values()] == [UnknownSchema]
    assert list(unreadable) == [newer.id]
    assert redis.exists(redis_keys.lease(newer.id)) == 0
    assert store.claim_holder._held == {claims[0].token}


def test_what_prevents_one_from_being_rescheduled_prevents_no_other(store: DeployStore, redis: Redis) -> None:
    deploys = follow(store, ["taken", "decided", "ours"])
    claims, _ = store.claim_many([each.id for each in deploys], "worker", LEASE_SECONDS)
    taken, decided, ours = deploys
    redis.delete(redis_keys.lease(taken.id))
    [heir], _ = DeployStore(redis, now=lambda: NOW).claim_many([taken.id], "other", LEASE_SECONDS)
    store.amend(decided.id, lambda d: d.evolve(request={"reason": "x"}), by="U1", what="decided")

    conflicts = store.reschedule([unchanged(each, NOW + 5) for each in claims])

    assert [(type(each), each.facts["id"]) for each in conflicts] == [
        (LeaseLost, taken.id),
        (Conflict, decided.id),
    ]
    assert [each.deploy_id for each in store.due(NOW)] == [decided.id]
    assert {each.deploy_id for each in store.due(NOW + 5)} == {decided.id, ours.id}
    assert store.claim_holder._held == set()
    assert to_text(redis.get(redis_keys.lease(taken.id))) == heir.token


def is_watched(store: DeployStore, deploy: Deploy) -> bool:
    return store.watched(KEY, due_by=NOW + 5) == [deploy.id] and [
        each.job for each in store.due(NOW + 5)
    ] == [JOB]


def test_a_deploy_that_was_found_without_a_record_is_watched_after_its_first_step(store: DeployStore) -> None:
    found = a_deploy().in_phase(Phase.FOLLOWING, NOW)
    assert store.adopt(found)
    claims, _ = store.claim_many([found.id], "worker", LEASE_SECONDS)

    assert store.reschedule([unchanged(claims[0], NOW + 5)]) == []

    assert is_watched(store, found)
    assert EcsEvents(store.redis, now=lambda: NOW).waiting() == [found.id]
    assert store.claim_holder._held == set()


def test_a_step_that_wrote_what_it_was_about_to_do_and_then_changed_nothing_is_watched(
    store: DeployStore,
) -> None:
    [deploy] = follow(store, ["web"])
    [claim], _ = store.claim_many([deploy.id], "worker", LEASE_SECONDS)
    claim = store.commit(claim, claim.deploy, due_at=NOW, keep=True)

    assert store.reschedule([unchanged(claim, NOW + 5)]) == []

    assert is_watched(store, deploy)


@dataclass
class Watched:
    """What is known of one deploy."""

    due: float
    decisions: int = 0
    version: int = 1
    committed: int = 1
    """Version of the last commit: events make nothing due that somebody decided about since then."""
    pending: float | None = None
    """When an event wants it due that came after the last claim."""
    holder: int | None = None
    """The worker that may write. It may be paused."""


class WatchMachine(RuleBasedStateMachine):
    """Three workers look at four deploys. They are paused and killed, people decide, events come."""

    redis: ClassVar[Redis]
    WORKERS = 3

    @initialize()
    def begin(self) -> None:
        self.redis.flushall()
        self.clock = ManualClock(NOW)
        self.workers = [self._new_worker() for _ in range(self.WORKERS)]
        self.alive = [True] * self.WORKERS
        self.claims: list[dict[str, Claim]] = [{} for _ in range(self.WORKERS)]
        self.events = EcsEvents(self.redis, now=self.clock)
        self.people = DeployStore(self.redis, now=self.clock)
        deploys = follow(self.workers[0], [f"web-{number}" for number in range(4)])
        self.known = {each.id: Watched(NOW) for each in deploys}
        self.last_fence = 0

    def _new_worker(self) -> DeployStore:
        return DeployStore(self.redis, now=self.clock)

    @rule(worker=st.integers(0, WORKERS - 1), soon=st.sampled_from([0.0, 1.25]))
    def claim(self, worker: int, soon: float) -> None:
        by = self.clock() + soon
        claims, _ = self.workers[worker].claim_many(list(self.known), f"w{worker}", LEASE_SECONDS, due_by=by)
        free = [
            deploy_id
            for deploy_id, each in self.known.items()
            if each.due <= by and (each.holder is None or not self.alive[each.holder])
        ]
        assert [each.deploy.id for each in claims] == free
        if claims:
            self.alive[worker] = True  # its heartbeat begins
        for claim in claims:
            known = self.known[claim.deploy.id]
            assert claim.fence > self.last_fence
            self.last_fence = claim.fence
            assert (claim.deploy.version, claim.deploy.request.reason) == (
                known.version,
                "x" * known.decisions,
            )
            known.holder, known.pending = worker, None
            self.claims[worker][claim.deploy.id] = claim

    @rule(worker=st.integers(0, WORKERS - 1), delay=st.sampled_from([0.5, 5.0]), some=st.integers(1, 4))
    def reschedule(self, worker: int, delay: float, some: int) -> None:
        claims = [self.claims[worker].pop(each) for each in list(self.claims[worker])[:some]]
        at = self.clock() + delay
        conflicts = self.workers[worker].reschedule([unchanged(each, at) for each in claims])
        expected: list[tuple[type[Exception], str]] = []
        for claim in claims:
            deploy_id, known = claim.deploy.id, self.known[claim.deploy.id]
            if known.holder != worker:
                expected.append((LeaseLost, deploy_id))
                continue
            known.holder = None
            if known.version != claim.deploy.version:
                known.due = self.clock()
                expected.append((Conflict, deploy_id))
                continue
            if known.committed != known.version:
                known.version = known.committed = known.version + 1
            known.due = min(at, at if known.pending is None else known.pending)
        assert [(type(each), each.facts["id"]) for each in conflicts] == expected

    @rule(worker=st.integers(0, WORKERS - 1), delay=st.sampled_from([0.5, 5.0]), data=st.data())
    def commit_change(self, worker: int, delay: float, data: st.DataObject) -> None:
        if not self.claims[worker]:
            return
        claim = self.claims[worker].pop(data.draw(st.sampled_from(sorted(self.claims[worker]))))
        known, at = self.known[claim.deploy.id], self.clock() + delay
        changed = claim.deploy.evolve(rollout={"serving_at": self.clock()})
        try:
            self.workers[worker].commit(claim, changed, due_at=at, job=JOB)
        except LeaseLost:
            assert known.holder != worker
        except Conflict:
            assert (known.holder, known.version != claim.deploy.version) == (worker, True)
            self.workers[worker].release(claim, self.clock())
            known.holder, known.due = None, self.clock()
        else:
            assert (known.holder, known.version) == (worker, claim.deploy.version)
            known.version = known.committed = known.version + 1
            known.holder = None
            known.due = min(at, at if known.pending is None else known.pending)

    @rule(data=st.data())
    def somebody_decides(self, data: st.DataObject) -> None:
        deploy_id = data.draw(st.sampled_from(sorted(self.known)))
        known = self.known[deploy_id]
        known.decisions, known.version, known.due = known.decisions + 1, known.version + 1, self.clock()
        reason = "x" * known.decisions
        self.people.amend(deploy_id, lambda d: d.evolve(request={"reason": reason}), by="U1", what="decided")

    @rule(data=st.data(), ago=st.sampled_from([0.0, 0.3]))
    def an_event_comes(self, data: st.DataObject, ago: float) -> None:
        deploy_id = data.draw(st.sampled_from(sorted(self.known)))
        known, at = self.known[deploy_id], self.clock() - ago
        woken = self.events.wake({deploy_id: at})
        assert (deploy_id in woken) is (known.committed == known.version)
        if woken:
            known.pending, known.due = at, min(known.due, at)

    @rule(worker=st.integers(0, WORKERS - 1), is_killed=st.booleans())
    def a_heartbeat_ends(self, worker: int, is_killed: bool) -> None:
        """The worker is paused, and goes on later; or it was killed."""
        self.redis.delete(redis_keys.claim_holder(self.workers[worker].claim_holder.id))
        self.alive[worker] = False
        if is_killed:
            for known in self.known.values():
                if known.holder == worker:
                    known.holder = None
            self.workers[worker], self.claims[worker] = self._new_worker(), {}

    @rule(worker=st.integers(0, WORKERS - 1), later=st.integers(1, WORKERS - 1))
    def a_paused_worker_wakes_after_another_took_over(self, worker: int, later: int) -> None:
        self.claim(worker, 1.25)
        self.a_heartbeat_ends(worker, is_killed=False)
        self.claim((worker + later) % self.WORKERS, 1.25)
        self.reschedule(worker, 5.0, 4)

    @rule(seconds=st.sampled_from([0.1, 1.0, 6.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @invariant()
    def all_is_as_it_was_done(self) -> None:
        if not hasattr(self, "known"):
            return
        scores: Any = self.redis.zmscore(redis_keys.DUE, list(self.known))
        records = self.people.get_all(self.known)
        for score, stored, known in zip(scores, records, self.known.values(), strict=True):
            assert score == pytest.approx(known.due * 1000, abs=1), "nothing is lost, and nothing is early"
            assert (stored.version, stored.request.reason) == (known.version, "x" * known.decisions)
        assert set(to_texts(self.redis.smembers(redis_keys.watched(KEY)))) == set(self.known)


def test_no_decision_or_event_is_lost_and_no_two_workers_write(redis: Redis) -> None:
    WatchMachine.redis = redis
    run_state_machine_as_test(
        WatchMachine,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),  # shrinking takes minutes
        ),
    )
