"""Several commands and scripts wait for Redis once."""

from __future__ import annotations

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from deploys.redis_round_trip import RoundTrip
from tests.redis_commands import counted_questions

INCREASE = "return redis.call('INCRBY', KEYS[1], ARGV[1])"


def test_all_of_them_ask_once(redis: Redis) -> None:
    increase = redis.register_script(INCREASE)
    increase(keys=["count"], args=[1])
    trip = RoundTrip(redis)
    answers = [trip.add_command("SET", "other", "x"), trip.add_script(increase, ["count"], [2])]
    answers.append(trip.add_command("GET", "count"))

    with counted_questions() as asked:
        trip.run()

    assert [each.value() for each in answers] == [True, 3, b"3"]
    assert len(asked) == 1


def test_a_script_that_redis_does_not_know_runs_once_and_in_its_place(redis: Redis) -> None:
    redis.script_flush()
    trip = RoundTrip(redis)
    before = trip.add_command("INCR", "before")
    answer = trip.add_script(redis.register_script(INCREASE), ["count"], [2])
    after = trip.add_command("GET", "count")

    trip.run()

    assert (before.value(), answer.value(), after.value()) == (1, 2, b"2")


def test_a_script_that_only_reads_cannot_write(redis: Redis) -> None:
    trip = RoundTrip(redis)
    answer = trip.add_script(redis.register_script(INCREASE), ["count"], [2], writes=False)

    trip.run()

    with pytest.raises(ResponseError, match="Write commands are not allowed"):
        answer.value()
    assert redis.get("count") is None


def test_what_redis_refuses_keeps_nothing_else_from_running(redis: Redis) -> None:
    redis.set("text", "x")
    trip = RoundTrip(redis)
    refused, taken = trip.add_command("LPUSH", "text", "y"), trip.add_command("GET", "text")

    trip.run()

    assert taken.value() == b"x"
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        refused.value()


def test_it_fails_if_what_must_succeed_is_refused_and_the_others_have_run(redis: Redis) -> None:
    redis.set("text", "x")
    trip = RoundTrip(redis)
    assert not trip.must_succeed
    trip.add_command("LPUSH", "text", "y", must_succeed=True)
    taken = trip.add_command("GET", "text")
    assert trip.must_succeed

    with pytest.raises(ResponseError, match="WRONGTYPE"):
        trip.run()

    assert taken.value() == b"x"
