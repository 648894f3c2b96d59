"""The newest deploys of services, and those of them that have ended."""

from __future__ import annotations

import pytest
from redis import Redis

from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.redis_round_trip import RoundTrip
from deploys.stores import redis_keys
from deploys.stores.deploy_store import DeployStore
from tests.builders import NOW, a_deploy, a_service
from tests.redis_commands import commands_of, counted_questions


@pytest.fixture
def store(redis: Redis) -> DeployStore:
    return DeployStore(redis, now=lambda: NOW)


def put(redis: Redis, number: int, service: str, *, active: bool) -> Deploy:
    """A deploy that was requested so many seconds from now, as the scripts leave it."""
    deploy = a_deploy(a_service(service), id=f"deploy{number:04}")
    if not active:
        deploy = deploy.evolve(phase=Phase.ENDED, outcome=Outcome.SUCCEEDED, ended_at=NOW)
    redis.hset(redis_keys.record(deploy.id), mapping={"record": deploy.to_json(), "version": deploy.version})
    for history in (redis_keys.HISTORY, redis_keys.history(service)):
        redis.zadd(history, {deploy.id: number})
    if active:
        redis.sadd(redis_keys.ACTIVE_DEPLOYS, deploy.id)
    return deploy


def ended(store: DeployStore, *services: str | None, limit: int, page: int) -> dict[str | None, list[Deploy]]:
    trip = RoundTrip(store.redis)
    found = store.ask_for_recent(trip, services, limit, page, ended=True)
    trip.run()
    return {service: list(deploys) for service, deploys in found().items()}


@pytest.mark.parametrize("newer", [0, 1, 499, 500, 501, 1200])
def test_those_that_ended_are_found_behind_any_number_that_are_open(
    store: DeployStore, redis: Redis, newer: int
) -> None:
    of_web = [put(redis, number, "web", active=False) for number in range(3)]
    of_api = put(redis, 3, "api", active=False)
    for number in range(newer):
        put(redis, 10 + number, "web", active=True)

    found = ended(store, None, "web", "api", limit=3, page=3)

    assert found == {None: [of_api, of_web[2], of_web[1]], "web": of_web[::-1], "api": [of_api]}


def test_one_question_is_enough_for_a_page_and_a_second_for_all_that_follow(
    store: DeployStore, redis: Redis
) -> None:
    deploys = [put(redis, number, "web", active=False) for number in range(9)][::-1]

    with counted_questions() as asked:
        assert ended(store, "web", limit=2, page=2) == {"web": deploys[:2]}
        assert len(asked) == 1
        assert ended(store, "web", limit=7, page=2) == {"web": deploys[:7]}
        assert len(asked) == 3


def test_a_record_that_is_gone_is_left_out(store: DeployStore, redis: Redis) -> None:
    first, second = (put(redis, number, "web", active=False) for number in range(2))
    redis.delete(redis_keys.record(second.id))

    assert ended(store, "web", limit=5, page=5) == {"web": [first]}
    assert store.recent("web", 5) == [first]


def test_of_no_service_nothing_is_asked(store: DeployStore) -> None:
    with counted_questions() as asked:
        assert store.recent_of_each([], 5) == {}
    assert asked == []


def test_of_many_services_together_only_the_newest_are_read(store: DeployStore, redis: Redis) -> None:
    names = [f"service-{number}" for number in range(40)]
    deploys = [put(redis, number, names[number % 40], active=number % 3 == 0) for number in range(120)]

    commands = commands_of(redis, lambda: store.newest_of(names, 10))

    assert commands["hmget"] == 10
    assert store.newest_of(names, 10) == deploys[:-11:-1]
    assert store.newest_of([], 10) == []
