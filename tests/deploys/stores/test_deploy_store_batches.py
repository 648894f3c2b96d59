"""Deploys that are asked for at once are queued all, or none of them."""

from __future__ import annotations

import threading

import pytest
from redis import Redis

from deploys.records.batch import Batch
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.stores import audit, redis_keys
from deploys.stores.deploy_store import DeployStore
from tests.builders import NOW, a_batch, a_deploy, a_service


@pytest.fixture
def store(redis: Redis) -> DeployStore:
    return DeployStore(redis, now=lambda: NOW, durable_wait_seconds=5.0)


def web_and_api(**changes: object) -> tuple[Batch, list[Deploy]]:
    return a_batch(a_deploy(), a_deploy(a_service("api")), **changes)


def test_each_is_recorded_in_its_line_due_shown_and_audited(store: DeployStore, redis: Redis) -> None:
    batch, deploys = web_and_api()

    asked = store.submit_batch(batch, deploys)

    assert [(each.deploy.id, each.ahead, each.is_duplicate) for each in asked] == [
        (deploys[0].id, 0, False),
        (deploys[1].id, 0, False),
    ]
    assert store.batch(batch.id) == batch
    assert [each.id for each in store.batch_deploys(batch)] == [each.id for each in deploys]
    for each in deploys:
        assert store.service_queue(each.service.name) == [each.id]
        assert redis.zscore(redis_keys.PUBLISH, each.id) is not None
        assert [entry["what"] for entry in audit.trail(redis, each.id)] == ["requested"]
        assert audit.trail(redis, each.id)[0]["service"] == each.service.name
        assert [found.id for found in store.recent(each.service.name, 5)] == [each.id]
    assert {due.deploy_id for due in store.due(NOW)} == {each.id for each in deploys}


def test_only_those_that_are_first_in_their_lines_are_due(store: DeployStore) -> None:
    earlier = store.submit(a_deploy(tag="1.4.1")).deploy
    batch, [web, api] = web_and_api()

    assert [each.ahead for each in store.submit_batch(batch, [web, api])] == [1, 0]

    assert {due.deploy_id for due in store.due(NOW)} == {earlier.id, api.id}
    assert store.service_queue("web") == [earlier.id, web.id]


@pytest.mark.parametrize("how", ["in_order", "stop_on_first_failure"])
def test_where_they_mind_one_another_those_that_wait_are_due_too(store: DeployStore, how: str) -> None:
    earlier = store.submit(a_deploy(tag="1.4.1")).deploy
    batch, deploys = a_batch(a_deploy(), a_deploy(a_service("api")), **{how: True})

    store.submit_batch(batch, deploys)

    assert {due.deploy_id for due in store.due(NOW)} == {earlier.id, *(each.id for each in deploys)}


def test_one_that_is_under_way_keeps_all_out(store: DeployStore, redis: Redis) -> None:
    first = store.submit(a_deploy(a_service("api"))).deploy
    before = {key: redis.dump(key) for key in redis.scan_iter()}
    batch, deploys = web_and_api()

    [asked] = store.submit_batch(batch, deploys)

    assert (asked.deploy.id, asked.is_duplicate) == (first.id, True)
    assert {key: redis.dump(key) for key in redis.scan_iter()} == before, "nothing at all was written"


def test_every_one_that_is_under_way_is_named(store: DeployStore) -> None:
    batch, deploys = web_and_api()
    store.submit_batch(batch, deploys)

    again = store.submit_batch(*web_and_api())

    assert [(each.deploy.id, each.is_duplicate) for each in again] == [(each.id, True) for each in deploys]
    assert [each.deploy.batch_id for each in again] == [batch.id, batch.id]


def test_the_same_request_sent_again_by_a_client_changes_nothing(store: DeployStore, redis: Redis) -> None:
    batch, deploys = web_and_api()
    first = store.submit_batch(batch, deploys)
    entries = redis.xlen(redis_keys.AUDIT)

    assert store.submit_batch(batch, deploys) == first
    assert redis.xlen(redis_keys.AUDIT) == entries
    assert [store.service_queue(each.service.name) for each in deploys] == [[deploys[0].id], [deploys[1].id]]


def test_racing_with_single_requests_it_is_whole_or_not_there(redis: Redis) -> None:
    stores = [DeployStore(redis, now=lambda: NOW, durable_wait_seconds=5.0) for _ in range(3)]
    for number in range(30):
        tag = f"1.0.{number}"
        batch, deploys = a_batch(a_deploy(tag=tag), a_deploy(a_service("api"), tag=tag))
        single = a_deploy(a_service("api"), tag=tag)
        start = threading.Barrier(2)

        def several(batch: Batch = batch, deploys: list[Deploy] = deploys) -> None:
            start.wait()  # noqa: B023
            stores[0].submit_batch(batch, deploys)

        def one(single: Deploy = single) -> None:
            start.wait()  # noqa: B023
            stores[1].submit(single)

        racers = [threading.Thread(target=several), threading.Thread(target=one)]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()

        there = [stores[2].get(each.id) is not None for each in deploys]
        assert there[0] == there[1] == (stores[2].batch(batch.id) is not None)
        assert there[1] != (stores[2].get(single.id) is not None), "one of the two has the request"


def test_hurrying_brings_forward_what_is_due_later_and_nothing_else(store: DeployStore) -> None:
    batch, [web, api] = web_and_api()
    store.submit_batch(batch, [web, api])
    for deploy in (web, api):
        claim = store.claim(deploy.id, "worker", 60)
        assert claim is not None
        if deploy is web:
            store.commit(claim, claim.deploy, due_at=NOW + 900)
        else:
            over = claim.deploy.in_phase(Phase.ENDED, NOW, outcome=Outcome.SUCCEEDED)
            store.commit(claim, over, due_at=NOW)
    assert store.due(NOW) == []

    store.make_due([web.id, api.id, "nobody00"])

    assert [due.deploy_id for due in store.due(NOW)] == [web.id]
