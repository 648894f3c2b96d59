"""A worker reads the tags of a service for the form."""

from __future__ import annotations

import pytest
from redis import Redis

from deploys.stores import redis_keys
from deploys.stores.tag_lists import MAX_AGE_SECONDS, TagLists
from tests.builders import a_service
from tests.workers.engine_harness import EngineHarness
from workers.ecs.aws.aws_clients import AwsClients
from workers.tag_list_reader import refresh_tags

NOW = 1_800_000_000.0


@pytest.fixture
def lists(redis: Redis) -> TagLists:
    return TagLists(redis)


def read(lists: TagLists, service: str) -> bool:
    return refresh_tags(a_service(service), AwsClients(), lists, lambda: NOW)


def test_tags_are_kept_newest_first_with_what_runs(harness: EngineHarness, lists: TagLists) -> None:
    assert read(lists, "web")

    known = lists.find("web", NOW)
    assert known is not None
    assert [each.tag for each in known.tags][:2] == ["1.5.0", "1.4.2"]
    assert [each.tag for each in known.tags][-1] == "1.4.0"
    assert all(each.pushed_at for each in known.tags)
    running = lists.running(NOW)["web"]
    assert running.repository == known.repository
    assert running.digests == (known.tags[-1].digest,)


def test_a_service_that_cannot_be_read_is_kept_as_such(harness: EngineHarness, lists: TagLists) -> None:
    assert read(lists, "lost")

    known = lists.find("lost", NOW)
    assert known is not None
    assert (known.unreadable, known.tags) == (True, ())
    assert lists.running(NOW) == {}


def test_tags_that_cannot_be_read_any_more_are_kept(
    harness: EngineHarness, redis: Redis, lists: TagLists
) -> None:
    read(lists, "web")
    redis.delete(redis_keys.tag_read("web"))
    before = lists.find("web", NOW)
    harness.ecs.faults.add(operation="DescribeImages", kind="throttle", times=None)
    later = NOW + 60

    assert refresh_tags(a_service("web"), AwsClients(), lists, lambda: later)

    assert before is not None
    assert lists.find("web", later) == before.evolve(unreadable=True)


def test_two_workers_do_not_read_the_same_tags(harness: EngineHarness, lists: TagLists) -> None:
    assert read(lists, "web")

    assert not read(lists, "web")
    assert read(lists, "api")


def test_what_was_read_long_ago_counts_as_unknown(harness: EngineHarness, lists: TagLists) -> None:
    read(lists, "web")
    later = NOW + MAX_AGE_SECONDS + 1

    assert lists.find("web", later) is None
    assert lists.running(later) == {}
    assert lists.unread(["web", "api"], NOW) == ["api"]
    assert lists.unread(["web", "api"], later) == ["web", "api"]
