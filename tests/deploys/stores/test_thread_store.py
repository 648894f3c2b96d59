"""Which threads are behind, and how far each is."""

from __future__ import annotations

import pytest
from redis import Redis

from deploys.errors import Conflict
from deploys.records.thread_state import ThreadState
from deploys.stores import redis_keys
from deploys.stores.deploy_store import DeployStore
from deploys.stores.thread_store import RESPONSE_URL_KEY, RESPONSE_URL_SECONDS, THREAD_KEY, ThreadStore
from tests.builders import NOW, a_deploy

ID = "k3m9p2qr"


@pytest.fixture
def threads(redis: Redis) -> ThreadStore:
    return ThreadStore(redis)


def commit(redis: Redis, at: float, deploy_id: str = ID) -> None:
    """What the store's scripts do when a record changes."""
    redis.zadd(redis_keys.PUBLISH, {deploy_id: int(at * 1000)})


def test_a_new_deploy_is_due_to_be_shown(redis: Redis, threads: ThreadStore) -> None:
    deploy = DeployStore(redis, now=lambda: NOW).submit(a_deploy()).deploy

    assert threads.due(NOW) == [deploy.id]
    assert threads.due(NOW - 1) == []


def test_the_longest_overdue_comes_first(redis: Redis, threads: ThreadStore) -> None:
    for at, deploy_id in ((NOW + 3, "c"), (NOW + 1, "a"), (NOW + 2, "b")):
        commit(redis, at, deploy_id)

    assert threads.due(NOW + 10) == ["a", "b", "c"]
    assert threads.due(NOW + 2) == ["a", "b"]


def test_what_was_shown_whole_is_due_no_more(redis: Redis, threads: ThreadStore) -> None:
    commit(redis, NOW)
    seen = threads.start_sync(ID, NOW + 60)

    assert threads.due(NOW + 59) == []
    assert threads.finish_sync(ID, seen)
    assert threads.due(NOW + 1000) == []


def test_a_change_while_it_was_shown_keeps_it_due(redis: Redis, threads: ThreadStore) -> None:
    seen = threads.start_sync(ID, NOW + 60)
    commit(redis, NOW + 1)

    assert not threads.finish_sync(ID, seen)
    assert threads.due(NOW + 1) == [ID]


def test_a_change_in_the_very_millisecond_of_the_promise_keeps_it_due(
    redis: Redis, threads: ThreadStore
) -> None:
    seen = threads.start_sync(ID, NOW + 60)
    commit(redis, NOW + 60)

    assert not threads.finish_sync(ID, seen)
    assert threads.due(NOW + 60) == [ID]


def test_a_publisher_that_died_is_followed_by_another_look(threads: ThreadStore) -> None:
    threads.start_sync(ID, NOW + 60)

    assert threads.due(NOW + 59) == []
    assert threads.due(NOW + 61) == [ID]


def test_later_is_kept(threads: ThreadStore) -> None:
    seen = threads.start_sync(ID, NOW + 60)
    threads.schedule(ID, NOW + 600, seen)

    assert threads.due(NOW + 599) == []
    assert threads.due(NOW + 600) == [ID]


def test_a_change_meanwhile_is_looked_at_sooner_than_later(redis: Redis, threads: ThreadStore) -> None:
    seen = threads.start_sync(ID, NOW + 60)
    commit(redis, NOW + 1)
    threads.schedule(ID, NOW + 600, seen)

    assert threads.due(NOW + 1) == [ID]


def test_without_a_score_the_earlier_time_stands(threads: ThreadStore) -> None:
    threads.schedule(ID, NOW + 10)
    threads.schedule(ID, NOW + 20)
    assert threads.due(NOW + 10) == [ID]

    threads.schedule(ID, NOW + 5)
    assert threads.due(NOW + 5) == [ID]


def test_one_at_a_time_writes_to_a_thread(threads: ThreadStore) -> None:
    assert threads.claim(ID, "one", 60)
    assert not threads.claim(ID, "two", 60)

    threads.release(ID, "two")
    assert not threads.claim(ID, "two", 60)

    threads.release(ID, "one")
    assert threads.claim(ID, "two", 60)


def test_who_lost_the_lease_writes_nothing(threads: ThreadStore) -> None:
    threads.claim(ID, "one", 60)
    threads.save(ID, "one", ThreadState(channel="C01DEPLOYS", ts="1.1"))
    threads.release(ID, "one")
    threads.claim(ID, "two", 60)

    with pytest.raises(Conflict):
        threads.save(ID, "one", ThreadState(channel="C01DEPLOYS", ts="2.2"))

    view = threads.find(ID)
    assert view is not None
    assert view.ts == "1.1"


def test_a_thread_is_found_once_it_is_open(threads: ThreadStore) -> None:
    assert threads.find(ID) is None
    threads.claim(ID, "one", 60)
    threads.save(ID, "one", ThreadState(channel="C01DEPLOYS", failed_tries=1))
    assert threads.find(ID) is None

    threads.save(ID, "one", ThreadState(channel="C01DEPLOYS", ts="1.1", permalink="https://x/p11"))

    view = threads.find(ID)
    assert view is not None
    assert (view.channel, view.ts, view.permalink) == ("C01DEPLOYS", "1.1", "https://x/p11")


def test_a_newer_workers_fields_do_not_stop_an_older_one(redis: Redis, threads: ThreadStore) -> None:
    redis.set(
        f"{THREAD_KEY}{ID}", '{"channel": "C01DEPLOYS", "ts": "1.1", "mood": "fine", "schema_number": 1}'
    )

    view = threads.find(ID)
    assert view is not None
    assert view.ts == "1.1"


def test_a_response_url_is_kept_as_long_as_slack_takes_it(redis: Redis, threads: ThreadStore) -> None:
    assert threads.response_url(ID) is None

    threads.save_response_url(ID, "https://hooks.slack.com/commands/T/1/x")

    assert threads.response_url(ID) == "https://hooks.slack.com/commands/T/1/x"
    assert 0 < redis.ttl(f"{RESPONSE_URL_KEY}{ID}") <= RESPONSE_URL_SECONDS


def test_an_ended_thread_is_forgotten_after_its_time_also_when_it_is_written_again(
    redis: Redis, threads: ThreadStore
) -> None:
    threads.claim(ID, "one", 60)
    threads.save(ID, "one", ThreadState(channel="C01DEPLOYS", ts="1.1"))
    threads.forget_after(ID, 1000)
    threads.save(ID, "one", ThreadState(channel="C01DEPLOYS", ts="1.1", next_message=1))

    assert 900 < redis.ttl(f"{THREAD_KEY}{ID}") <= 1000
