"""The deploys that have not ended, and what a process remembers of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from redis import Redis

from deploys.errors import UnknownSchema
from deploys.records.approval import Cancel, Decision, Verdict
from deploys.records.deploy import Deploy
from deploys.records.hold import Hold, HoldKind
from deploys.records.phases import Outcome, Phase
from deploys.redis_connection import to_text, to_texts
from deploys.stores import redis_keys
from deploys.stores.active_deploys import ActiveDeploy, DeploySummary, parse_record
from deploys.stores.deploy_store import DeployStore
from tests.builders import NOW, a_batch, a_deploy, a_service
from tests.redis_commands import commands_of

SERVICES = st.sampled_from(["web", "api"])
A_HOLD = Hold(kind=HoldKind.LOCK, sentence="Locked.")


@pytest.fixture
def store(redis: Redis) -> DeployStore:
    return DeployStore(redis, now=lambda: NOW)


def submit(store: DeployStore, count: int) -> list[Deploy]:
    found = [
        store.submit(a_deploy(a_service(f"s{number}"), id=f"deploy{number:02}")).deploy
        for number in range(count)
    ]
    assert store.active() == found
    return found


def move(store: DeployStore, deploy_id: str, phase: Phase, **changes: object) -> Deploy:
    """A step that leads to this phase."""
    claim = store.claim(deploy_id, "worker", 60)
    assert claim is not None
    return store.commit(claim, claim.deploy.in_phase(phase, NOW, **changes), due_at=NOW).deploy


def write_as_older_slipway(redis: Redis, deploy: Deploy) -> None:
    """As a version without summaries writes a record. One that is over leaves the open ones."""
    key = redis_keys.record(deploy.id)
    redis.hset(key, mapping={"record": deploy.to_json(), "version": deploy.version})
    if deploy.phase is Phase.ENDED:
        redis.srem(redis_keys.ACTIVE_DEPLOYS, deploy.id)
    else:
        redis.sadd(redis_keys.ACTIVE_DEPLOYS, deploy.id)


def as_records_say(store: DeployStore) -> list[ActiveDeploy]:
    return [ActiveDeploy.of(each) for each in store.active()]


def test_they_are_the_same_in_the_same_order_as_the_records_say(store: DeployStore) -> None:
    deploys = submit(store, 4)

    for _ in range(2):
        found = store.list_active()
        assert found == [ActiveDeploy.of(each) for each in deploys]
        assert store.read_shown(found[1:3]) == deploys[1:3]


def test_what_a_list_goes_by() -> None:
    decision = Decision(user="U02BOB0000", verdict=Verdict.APPROVED, at=NOW, channel="C02OTHER00")
    cancel = Cancel(user="U03CAROL00", at=NOW, channel="C03MORE000")
    asked = {"question": 1, "decisions": (decision,)}
    deploy = a_deploy(batch_id="b1", batch_position=2, approval=asked, cancel=cancel, hold=A_HOLD)

    assert DeploySummary.of(deploy.in_phase(Phase.AWAITING_APPROVAL, NOW + 5)) == DeploySummary(
        service="web",
        requester=deploy.request.requester,
        batch_id="b1",
        batch_position=2,
        requested_at=deploy.request.requested_at,
        phase=Phase.AWAITING_APPROVAL,
        phase_since=NOW + 5,
        in_progress=True,
        is_held=True,
        has_question=True,
        slack_ids=("C01DEPLOYS", "C02OTHER00", "C03MORE000", "U01ALICE00", "U02BOB0000", "U03CAROL00"),
    )


def test_no_record_is_read_for_a_list_however_many_are_open_and_have_changed(
    store: DeployStore, redis: Redis
) -> None:
    counts = []
    for most in (3, 30):
        redis.flushall()
        submit(store, most)
        store.list_active()
        for number in range(most - 1):
            move(store, f"deploy{number:02}", Phase.PLANNING)
        counts.append(commands_of(redis, store.list_active))

    assert counts == [{"smembers": 1, "hgetall": 1}] * 2


def test_a_summary_that_has_not_changed_is_not_parsed_again(
    store: DeployStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(store, 5)
    before = store.list_active()
    move(store, "deploy01", Phase.PLANNING)
    parsed: list[bytes | str] = []
    from_json = DeploySummary.from_json

    def parse(stored: bytes | str) -> DeploySummary:
        parsed.append(stored)
        return from_json(stored)

    monkeypatch.setattr(DeploySummary, "from_json", parse)
    after = store.list_active()

    assert len(parsed) == 1
    assert [each.summary.phase for each in after if each not in before] == [Phase.PLANNING]


def test_what_an_older_slipway_submits_and_ends_is_listed_as_it_is(store: DeployStore, redis: Redis) -> None:
    [first] = submit(store, 1)
    other = a_deploy(a_service("other"), id="other234", request={"requested_at": NOW + 9})
    write_as_older_slipway(redis, other)
    assert store.list_active() == [ActiveDeploy.of(first), ActiveDeploy.of(other)]

    write_as_older_slipway(redis, first.in_phase(Phase.ENDED, NOW).evolve(version=1))

    assert store.list_active() == [ActiveDeploy.of(other)]


def test_what_an_older_slipway_wrote_is_corrected(store: DeployStore, redis: Redis) -> None:
    moved, ended, unchanged = submit(store, 3)
    new = a_deploy(a_service("other"), id="other234")
    write_as_older_slipway(redis, new)
    write_as_older_slipway(redis, ended.in_phase(Phase.ENDED, NOW).evolve(version=1))
    write_as_older_slipway(redis, moved.in_phase(Phase.AWAITING_APPROVAL, NOW).evolve(version=1))

    store.correct_summaries()

    assert store.list_active() == as_records_say(store)
    found = {to_text(each) for each in redis.hkeys(redis_keys.SUMMARIES)}
    assert found == {moved.id, unchanged.id, new.id}
    assert commands_of(redis, store.correct_summaries)["hset"] == 0


def test_a_decision_about_a_deploy_that_has_ended_lists_it_no_more(store: DeployStore, redis: Redis) -> None:
    [deploy] = submit(store, 1)
    move(store, deploy.id, Phase.ENDED, outcome=Outcome.SUCCEEDED, ended_at=NOW)

    store.amend(deploy.id, lambda found: found.evolve(end_reason="It was."), by="test", what="told")

    assert redis.hlen(redis_keys.SUMMARIES) == 0


def test_a_correction_leaves_what_was_written_meanwhile(store: DeployStore, redis: Redis) -> None:
    [deploy] = submit(store, 1)
    redis.hdel(redis_keys.SUMMARIES, deploy.id)

    class Slow(DeployStore):
        def readable(self, ids: Sequence[str]) -> list[Deploy]:
            found = super().readable(ids)
            move(store, deploy.id, Phase.PLANNING)
            return found

    Slow(redis, now=lambda: NOW).correct_summaries()

    assert [each.summary.phase for each in store.list_active()] == [Phase.PLANNING]


class WrittenDeploys(RuleBasedStateMachine):
    """Everything that writes a deploy, in any order, and a Redis that loses data: a list is what the records
    say."""

    redis: ClassVar[Redis]

    def __init__(self) -> None:
        super().__init__()
        self.redis.flushall()
        self.now = NOW
        self.store = DeployStore(self.redis, now=lambda: self.now)
        self.other = DeployStore(self.redis, now=lambda: self.now)
        self.saved: dict[str, Any] = {}
        self.number = 0

    def new(self, service: str) -> Deploy:
        self.number += 1
        request = {"requested_at": NOW + self.number % 3}
        return a_deploy(
            a_service(service), id=f"d{self.number:07}", tag=f"1.{self.number}.0", request=request
        )

    @rule(service=SERVICES)
    def submit(self, service: str) -> None:
        self.store.submit(self.new(service))

    @rule()
    def submit_batch(self) -> None:
        self.store.submit_batch(*a_batch(self.new("web"), self.new("api")))

    @rule(service=SERVICES)
    def adopt(self, service: str) -> None:
        self.other.adopt(self.new(service).in_phase(Phase.FOLLOWING, self.now))

    @rule(data=st.data(), phase=st.sampled_from([Phase.PLANNING, Phase.AWAITING_APPROVAL, Phase.ENDED]))
    def step(self, data: st.DataObject, phase: Phase) -> None:
        if ids := sorted(self.store.active_ids()):
            claim = self.store.claim(data.draw(st.sampled_from(ids)), "worker", 60)
            if claim is not None:
                over = {"outcome": Outcome.SUCCEEDED, "ended_at": NOW} if phase is Phase.ENDED else {}
                self.other.commit(claim, claim.deploy.in_phase(phase, NOW, **over), due_at=NOW)

    @rule(data=st.data())
    def decide(self, data: st.DataObject) -> None:
        if ids := sorted(to_texts(self.redis.zrange(redis_keys.HISTORY, 0, -1))):
            cancel = Cancel(user="U02BOB0000", at=NOW)
            deploy_id = data.draw(st.sampled_from(ids))
            self.other.amend(
                deploy_id, lambda found: found.evolve(cancel=cancel), by="U02BOB0000", what="cancelled"
            )

    @rule(service=SERVICES)
    def replace(self, service: str) -> None:
        queue = self.store.service_queue(service)
        if len(queue) >= 2:
            cancel = Cancel(user="U01ALICE00", at=NOW)
            self.store.replace_waiting(
                queue[-2], queue[-1], lambda old, new: old.evolve(cancel=cancel), by="U01ALICE00"
            )

    @rule()
    def save(self) -> None:
        self.saved = {key: self.redis.dump(key) for key in to_texts(self.redis.keys("*"))}

    @rule()
    def lose_all_but_what_was_saved(self) -> None:
        self.redis.flushall()
        for key, value in self.saved.items():
            self.redis.restore(key, 0, value)

    @invariant()
    def a_list_is_what_the_records_say(self) -> None:
        expected = as_records_say(self.other)
        assert self.store.list_active() == expected
        assert set(self.redis.hkeys(redis_keys.SUMMARIES)) == set(
            self.redis.smembers(redis_keys.ACTIVE_DEPLOYS)
        )


def test_a_list_is_what_the_records_say_whatever_was_written_and_lost(redis: Redis) -> None:
    machine = type("Machine", (WrittenDeploys,), {"redis": redis})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=25, stateful_step_count=25, deadline=None)
    )


def test_the_version_that_the_scripts_compare_counts_where_the_text_has_another(redis: Redis) -> None:
    deploy = a_deploy(version=3)

    assert parse_record(deploy.to_json(), b"3") == deploy
    assert parse_record(deploy.to_json(), b"7") == deploy.evolve(version=7)


def test_a_record_of_another_version_of_slipway_is_refused_each_time_or_left_out(
    store: DeployStore, redis: Redis
) -> None:
    deploy, other = submit(store, 2)
    newer = deploy.to_json().replace('"schema_number":1', '"schema_number":99')
    summary = DeploySummary.of(deploy).to_json().replace('"schema_number":1', '"schema_number":99')
    redis.hset(redis_keys.record(deploy.id), "record", newer)
    redis.hset(redis_keys.SUMMARIES, deploy.id, summary)

    for _ in range(2):
        with pytest.raises(UnknownSchema):
            store.list_active()
        assert [each.id for each in store.list_readable()] == [other.id]


def test_several_records_are_read_in_the_order_of_their_ids_without_those_that_are_gone(
    store: DeployStore,
) -> None:
    deploys = submit(store, 3)

    assert store.get_all(["deploy02", "gone", "deploy00"]) == [deploys[2], deploys[0]]
    assert store.get_all(["gone"]) == []
    assert store.get_all([]) == []
