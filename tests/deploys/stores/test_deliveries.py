"""What Slack delivered is claimed once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from redis import Redis

from deploys.redis_round_trip import RoundTrip
from deploys.stores.deliveries import CLAIM_SECONDS, DONE_SECONDS, SIGNATURE_SECONDS, Arrival, Deliveries


@pytest.fixture
def deliveries(redis: Redis) -> Deliveries:
    return Deliveries(redis)


def test_the_first_claim_counts_and_no_other(deliveries: Deliveries) -> None:
    assert deliveries.begin("event:Ev1")
    assert not deliveries.begin("event:Ev1")
    assert deliveries.begin("event:Ev2")


def test_of_many_at_once_one_counts(deliveries: Deliveries) -> None:
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda _: deliveries.begin("trigger:1"), range(40)))

    assert claims.count(True) == 1


def test_a_claim_is_short_until_it_was_handled(deliveries: Deliveries, redis: Redis) -> None:
    deliveries.begin("event:Ev1")
    [key] = redis.keys("*delivery*")
    assert redis.ttl(key) <= CLAIM_SECONDS

    trip = RoundTrip(redis)
    deliveries.ask_to_finish(trip, "event:Ev1")
    trip.run()
    assert CLAIM_SECONDS < redis.ttl(key) <= DONE_SECONDS
    assert not deliveries.begin("event:Ev1")


def test_what_could_not_be_handled_may_be_tried_again(deliveries: Deliveries) -> None:
    deliveries.begin("event:Ev1")
    deliveries.abandon("event:Ev1")

    assert deliveries.begin("event:Ev1")


def test_a_signature_is_good_once(deliveries: Deliveries, redis: Redis) -> None:
    assert deliveries.begin_signed("v0=abc", None) is Arrival.NEW
    assert deliveries.begin_signed("v0=abc", None) is Arrival.REPLAY
    assert deliveries.begin_signed("v0=abd", None) is Arrival.NEW
    assert all(300 < redis.ttl(key) <= SIGNATURE_SECONDS for key in redis.keys("*signature*"))


def test_a_signed_delivery_is_claimed_with_its_signature(deliveries: Deliveries) -> None:
    assert deliveries.begin_signed("v0=abc", "event:Ev1") is Arrival.NEW
    assert deliveries.begin_signed("v0=abd", "event:Ev1") is Arrival.REPEAT
    assert not deliveries.begin("event:Ev1")


def test_a_replay_claims_no_delivery(deliveries: Deliveries) -> None:
    deliveries.begin_signed("v0=abc", "event:Ev1")
    deliveries.abandon("event:Ev1")

    assert deliveries.begin_signed("v0=abc", "event:Ev1") is Arrival.REPLAY
    assert deliveries.begin("event:Ev1")


def test_a_claim_whose_answer_was_lost_on_the_way_is_still_ours(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client sends a command again when it gets no answer, although Redis carried it out."""
    carry_out: Callable[..., Any] = redis.execute_command

    def twice(*args: Any, **options: Any) -> Any:
        carry_out(*args, **options)
        return carry_out(*args, **options)

    monkeypatch.setattr(redis, "execute_command", twice)
    deliveries = Deliveries(redis)

    assert deliveries.begin("event:Ev1")
    assert deliveries.begin_signed("v0=abc", "event:Ev2") is Arrival.NEW
