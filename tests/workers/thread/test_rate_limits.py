"""The rate limits that all workers share."""

from __future__ import annotations

import heapq

import pytest
from redis import Redis

from tests.redis_commands import commands_of
from tests.workers.thread.publisher_harness import ManualClock
from workers.thread.rate_limits import CHANNEL_RATES, LONGEST_PAUSE_SECONDS, RATES, SharedRateLimits, Urgency

SLACK_LIMITS = {
    "chat.postMessage": 300,
    "chat.update": 50,
    "chat.getPermalink": 50,
    "chat.postEphemeral": 100,
    "views.publish": 100,
    "usergroups.users.list": 20,
    "users.info": 100,
    "conversations.info": 50,
}
"""Calls a minute that Slack allows, by its tiers."""


@pytest.fixture
def limits(redis: Redis, clock: ManualClock) -> SharedRateLimits:
    return SharedRateLimits(redis, clock)


def may_call(limits: SharedRateLimits, method: str = "chat.update", **how: object) -> bool:
    return limits.take_token(method, **how) == 0  # type: ignore[arg-type]


def test_every_rate_is_one_of_slacks() -> None:
    assert set(RATES) == set(SLACK_LIMITS)


@pytest.mark.parametrize("method", sorted(RATES))
def test_no_minute_sees_more_calls_than_slack_allows(
    limits: SharedRateLimits, clock: ManualClock, method: str
) -> None:
    granted = []
    for _ in range(1300):
        clock.value += 0.1
        while may_call(limits, method, urgency=Urgency.URGENT, has_slot=True):
            granted.append(clock())

    for at in granted:
        assert sum(at <= other < at + 60 for other in granted) <= SLACK_LIMITS[method]
    assert len(granted) >= 0.7 * 2 * SLACK_LIMITS[method] or method == "usergroups.users.list"


def test_a_call_costs_six_commands_whether_it_has_a_token_or_waits(
    limits: SharedRateLimits, clock: ManualClock, redis: Redis
) -> None:
    may_call(limits, "chat.postMessage", channel="C1")
    may_call(limits, "chat.postMessage", channel="C1")
    clock.value += 60

    def post() -> bool:
        return may_call(limits, "chat.postMessage", channel="C1")

    assert commands_of(redis, post) == {"evalsha": 1, "hmget": 3, "hset": 2}
    assert commands_of(redis, post) == {"evalsha": 1, "hmget": 3, "hset": 2}


def test_an_answer_costs_no_command_unless_slack_was_away(
    limits: SharedRateLimits, clock: ManualClock, redis: Redis
) -> None:
    assert may_call(limits)
    assert commands_of(redis, limits.note_answer) == {}

    SharedRateLimits(redis, clock).note_outage()
    clock.value += 1.1
    assert may_call(limits)
    assert commands_of(redis, limits.note_answer) == {"hdel": 1}
    assert commands_of(redis, limits.note_answer) == {}


def test_what_only_moves_the_time_does_not_ask_again_before_there_can_be_a_token(
    limits: SharedRateLimits, clock: ManualClock, redis: Redis
) -> None:
    def move_time() -> bool:
        return may_call(limits, urgency=Urgency.IDLE)

    while move_time():
        pass
    assert commands_of(redis, move_time) == {}

    clock.value += RATES["chat.update"].interval_ms / 1000
    assert move_time()


def test_what_is_used_does_not_expire(limits: SharedRateLimits, clock: ManualClock, redis: Redis) -> None:
    may_call(limits, "chat.postMessage", channel="C1")
    may_call(limits, "chat.postMessage", channel="C1")
    keys = list(redis.scan_iter("*chat.postMessage*"))
    assert len(keys) == 2
    for key in keys:
        redis.pexpire(key, 1000)

    for _ in range(40):
        clock.value += 100
        may_call(limits, "chat.postMessage", channel="C1")
        may_call(limits, "chat.postMessage", channel="C1")

    assert all(redis.pttl(key) > 300_000 for key in keys)


def test_one_post_a_second_in_each_channel(limits: SharedRateLimits, clock: ManualClock) -> None:
    assert may_call(limits, "chat.postMessage", channel="C1")
    assert limits.take_token("chat.postMessage", channel="C1") == pytest.approx(1.1)
    assert may_call(limits, "chat.postMessage", channel="C2")

    clock.value += 1.1
    assert may_call(limits, "chat.postMessage", channel="C1", has_slot=True)
    assert set(CHANNEL_RATES) == {"chat.postMessage"}


def test_a_refused_call_takes_no_token_of_the_other_bucket(
    limits: SharedRateLimits, clock: ManualClock
) -> None:
    for _ in range(50):
        limits.take_token("chat.postMessage", channel="C1", has_slot=True)

    assert may_call(limits, "chat.postMessage", channel="C2")


def test_a_call_that_has_to_wait_gets_a_slot_after_earlier_ones(limits: SharedRateLimits) -> None:
    while may_call(limits):
        pass
    first, second, third = (limits.take_token("chat.update") for _ in range(3))

    assert second - first == pytest.approx(1.4)
    assert third - second == pytest.approx(1.4)


def test_a_call_that_comes_back_at_its_slot_gets_through(
    limits: SharedRateLimits, clock: ManualClock
) -> None:
    while may_call(limits):
        pass
    began = clock()
    promised = sorted(began + limits.take_token("chat.update") for _ in range(20))

    for at in promised:
        clock.value = at
        assert may_call(limits, has_slot=True)


def test_urgent_calls_find_tokens_that_others_may_not_take(limits: SharedRateLimits) -> None:
    while may_call(limits, urgency=Urgency.NORMAL):
        pass

    assert may_call(limits, urgency=Urgency.URGENT)


def test_what_only_moves_the_time_leaves_tokens_to_what_changed(limits: SharedRateLimits) -> None:
    while may_call(limits, urgency=Urgency.IDLE):
        pass

    assert may_call(limits, urgency=Urgency.NORMAL)


def test_what_only_moves_the_time_reserves_no_slot(limits: SharedRateLimits) -> None:
    while may_call(limits):
        pass
    for _ in range(100):
        limits.take_token("chat.update", urgency=Urgency.IDLE)

    assert limits.take_token("chat.update") <= 4.3


def test_retry_after_holds_the_method_for_everybody_and_no_other(
    redis: Redis, limits: SharedRateLimits, clock: ManualClock
) -> None:
    limits.hold_method("chat.update", 20)
    other_worker = SharedRateLimits(redis, clock)

    assert other_worker.take_token("chat.update", urgency=Urgency.URGENT) >= 20
    assert may_call(other_worker, "chat.postMessage", channel="C1")
    clock.value += 20.1
    assert not may_call(other_worker), "an end waited before"
    assert other_worker.take_token("chat.update", urgency=Urgency.URGENT, has_slot=True) == 0
    clock.value += 1.4
    assert may_call(other_worker)


def test_who_waits_is_called_back_one_after_the_other_however_many_channels(
    limits: SharedRateLimits, clock: ManualClock
) -> None:
    """If all came back for each token, a thousand threads would cost a million tries."""
    waiting = [f"C{number % 20}" for number in range(200)]
    due = [(0.0, number, False) for number in range(len(waiting))]
    tries, began = 0, clock.value
    while due:
        at, number, has_slot = heapq.heappop(due)
        clock.value = max(clock.value, began + at)
        tries += 1
        wait = limits.take_token("chat.postMessage", channel=waiting[number], has_slot=has_slot)
        if wait > 0:
            heapq.heappush(due, (clock.value - began + wait, number, True))

    assert clock.value - began < 200 * 0.3 * 1.2
    assert tries < 200 * 3


def test_a_call_that_the_same_one_follows_has_its_slot_too(
    limits: SharedRateLimits, clock: ManualClock, redis: Redis
) -> None:
    """In the line behind those that wait already, and before those that come then."""
    waits = [limits.take_token("chat.postMessage", channel=channel) for channel in ("C1", "C1", "C2")]
    assert waits == [0, pytest.approx(1.1), 0]
    clock.value += 1.1

    def post(*, has_slot: bool = False, again: bool = False) -> float:
        return limits.take_token("chat.postMessage", channel="C1", has_slot=has_slot, again=again)

    assert post(has_slot=True, again=True) == 0
    other = SharedRateLimits(redis, clock).take_token("chat.postMessage", channel="C1")
    asked = commands_of(redis, lambda: waits.append(post()))
    assert asked == {}
    assert [waits[-1], other] == [pytest.approx(1.1), pytest.approx(2.2)]

    clock.value += waits[-1] + 0.01
    assert post(has_slot=True) == 0
    clock.value += 60
    assert post() == 0, "an old slot is none"


def test_a_call_that_needs_not_wait_gets_no_slot(limits: SharedRateLimits) -> None:
    assert limits.take_token("chat.update", again=True) == 0
    assert limits.take_token("chat.update") == 0


def test_when_each_of_several_calls_has_its_tokens(limits: SharedRateLimits, clock: ManualClock) -> None:
    """As `take_token` would say it to one after the other, if they waited in this order."""
    calls = ["chat.postMessage:C1", "chat.postMessage:C2", "chat.postMessage:C1", "chat.update"]
    assert limits.turns(calls) == [0, 0, pytest.approx(1.1), 0]

    for _ in range(3):
        assert may_call(limits)
    assert may_call(limits, "chat.postMessage", channel="C1")
    clock.value += 0.4

    assert limits.turns(calls) == [
        pytest.approx(0.7),
        0,
        pytest.approx(1.8),
        pytest.approx(1.0, abs=0.002),
    ]
    assert limits.turns([]) == []


def test_an_end_goes_before_all_progress_that_waits(limits: SharedRateLimits, clock: ManualClock) -> None:
    progress = [limits.take_token("chat.postMessage", channel="C1") for _ in range(100)]
    end = limits.take_token("chat.postMessage", channel="C1", urgency=Urgency.URGENT)
    assert end <= 1.1 < max(progress)

    clock.value += 1.1
    again = limits.take_token("chat.postMessage", channel="C1", has_slot=True)
    assert 0 < again <= 2.3, "who was about to go does not go to the end of the line"
    assert limits.take_token("chat.postMessage", channel="C1", urgency=Urgency.URGENT, has_slot=True) == 0


def test_while_slack_is_away_one_at_a_time_asks(limits: SharedRateLimits, clock: ManualClock) -> None:
    pauses = [limits.note_outage()]
    for _ in range(7):
        assert not may_call(limits, urgency=Urgency.URGENT)
        clock.value += pauses[-1] + 0.01
        assert may_call(limits, urgency=Urgency.URGENT)
        assert not may_call(limits, "chat.postMessage", channel="C1", urgency=Urgency.URGENT)
        pauses.append(limits.note_outage())

    assert pauses == [1, 2, 4, 8, *[LONGEST_PAUSE_SECONDS] * 4]


def test_an_answer_ends_the_outage_for_all(limits: SharedRateLimits, clock: ManualClock) -> None:
    limits.note_outage()
    clock.value += 1.1
    assert may_call(limits)
    assert not may_call(limits, "chat.postMessage", channel="C1")

    limits.note_answer()

    assert may_call(limits, "chat.postMessage", channel="C1")
    assert limits.note_outage() == 1


def test_a_prober_that_died_does_not_hold_the_others_for_ever(
    limits: SharedRateLimits, clock: ManualClock
) -> None:
    limits.note_outage()
    clock.value += 1.1
    assert may_call(limits)

    clock.value += 12.1
    assert may_call(limits, "chat.postMessage", channel="C1")


def test_a_notice_is_logged_once(limits: SharedRateLimits) -> None:
    assert limits.first_notice("S01:missing_scope", 60)
    assert not limits.first_notice("S01:missing_scope", 60)
    assert limits.first_notice("S02:missing_scope", 60)
