"""Members of user groups are remembered, and forgotten in time."""

from __future__ import annotations

from redis import Redis

from deploys.stores.slack_directory import KEPT_SECONDS
from deploys.stores.user_groups import MAX_AGE_SECONDS, UserGroups
from tests.builders import NOW

GROUP = "S01DEPLOYERS"


def test_members_are_known_for_three_minutes(redis: Redis) -> None:
    groups = UserGroups(redis)
    groups.save_members(GROUP, ["U02", "U01"], NOW)

    assert groups.members(GROUP, NOW + MAX_AGE_SECONDS) == frozenset({"U01", "U02"})
    assert groups.members(GROUP, NOW + MAX_AGE_SECONDS + 0.1) is None


def test_nobody_is_known_of_a_group_that_was_never_read(redis: Redis) -> None:
    assert UserGroups(redis).members(GROUP, NOW) is None


def test_a_group_without_members_is_known_to_be_empty(redis: Redis) -> None:
    groups = UserGroups(redis)
    groups.save_members(GROUP, [], NOW)

    assert groups.members(GROUP, NOW) == frozenset()


def test_what_was_read_last_counts(redis: Redis) -> None:
    groups = UserGroups(redis)
    groups.save_members(GROUP, ["U01", "U02"], NOW)
    groups.save_members(GROUP, ["U02"], NOW + 45)

    assert groups.members(GROUP, NOW + 200) == frozenset({"U02"})


def test_redis_forgets_groups_that_nobody_reads_any_more(redis: Redis) -> None:
    UserGroups(redis).save_members(GROUP, ["U01"], NOW)

    [key] = redis.keys("*group*")
    assert 0 < redis.ttl(key) <= KEPT_SECONDS
