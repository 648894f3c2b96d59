"""The deploys that have not ended, and what a process remembers of them."""

from __future__ import annotations

import pytest
from redis import Redis

from deploys.errors import UnknownSchema
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.stores import redis_keys
from deploys.stores.active_deploys import DeploySummary, parse_record
from deploys.stores.deploy_store import DeployStore
from tests.builders import NOW, a_deploy, a_service


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


def test_they_are_the_same_in_the_same_order_as_all_records_parsed(store: DeployStore) -> None:
    deploys = submit(store, 4)

    for _ in range(2):
        found = store.list_active()
        assert [each.id for each in found] == [each.id for each in deploys]
        assert [each.parse() for each in found] == deploys
        assert [each.summary for each in found] == [DeploySummary.of(each) for each in deploys]


def test_a_record_that_was_written_again_is_read_as_it_is_now(store: DeployStore) -> None:
    [first, second] = submit(store, 2)
    store.list_active()
    claim = store.claim(first.id, "worker", 60)
    assert claim is not None
    store.commit(claim, claim.deploy.in_phase(Phase.PLANNING, NOW), due_at=NOW)

    found = store.list_active()

    assert [each.summary.phase for each in found] == [Phase.PLANNING, Phase.WAITING]
    assert [each.parse() for each in found] == [store.get(first.id), second]


def test_text_decides_and_not_the_version_which_redis_may_have_lost(store: DeployStore, redis: Redis) -> None:
    [deploy] = submit(store, 1)
    store.list_active()
    other = deploy.evolve(request={"requester": "U02BOB0000"})
    redis.hset(redis_keys.record(deploy.id), "record", other.to_json())

    [found] = store.list_active()

    assert found.summary.requester == "U02BOB0000"
    assert found.parse() == other


def test_the_version_that_the_scripts_compare_counts_where_the_text_has_another(redis: Redis) -> None:
    deploy = a_deploy(version=3)

    assert parse_record(deploy.to_json(), b"3") == deploy
    assert parse_record(deploy.to_json(), b"7") == deploy.evolve(version=7)


def test_a_record_of_another_version_of_slipway_is_refused_each_time(
    store: DeployStore, redis: Redis
) -> None:
    [deploy] = submit(store, 1)
    changed = deploy.to_json().replace('"schema_number":1', '"schema_number":99')
    redis.hset(redis_keys.record(deploy.id), "record", changed)

    for _ in range(2):
        with pytest.raises(UnknownSchema):
            store.list_active()


def test_several_records_are_read_in_the_order_of_their_ids_without_those_that_are_gone(
    store: DeployStore,
) -> None:
    deploys = submit(store, 3)

    assert store.get_all(["deploy02", "gone", "deploy00"]) == [deploys[2], deploys[0]]
    assert store.get_all(["gone"]) == []
    assert store.get_all([]) == []
