"""What was read after a sleep may have arrived when it began."""

from __future__ import annotations

from bot.socket.wakefulness import TICK_SECONDS, Wakefulness
from tests.bot.room import Clock


def awake(seconds: float = 5) -> tuple[Wakefulness, Clock]:
    """A process that ran for a while."""
    clock = Clock(1000.0)
    wakefulness = Wakefulness(clock)
    for _ in range(int(seconds / TICK_SECONDS)):
        clock.pass_by(TICK_SECONDS)
        wakefulness.tick()
    return wakefulness, clock


def test_what_is_read_while_awake_arrived_now() -> None:
    wakefulness, clock = awake()
    clock.pass_by(0.4)

    assert wakefulness.arrival() == clock()


def test_what_is_read_right_after_a_sleep_may_be_as_old_as_the_sleep() -> None:
    wakefulness, clock = awake()
    fell_asleep = clock()
    clock.pass_by(20)

    assert wakefulness.arrival() == fell_asleep


def test_it_does_not_matter_whether_the_reader_or_the_ticker_wakes_first() -> None:
    wakefulness, clock = awake()
    fell_asleep = clock()
    clock.pass_by(20)
    wakefulness.tick()
    clock.pass_by(0.3)

    assert wakefulness.arrival() == fell_asleep


def test_a_while_after_waking_everything_is_fresh_again() -> None:
    wakefulness, clock = awake()
    clock.pass_by(20)
    for _ in range(4):
        wakefulness.tick()
        clock.pass_by(TICK_SECONDS)

    assert wakefulness.arrival() == clock()


def test_a_tick_that_comes_a_little_late_is_no_sleep() -> None:
    wakefulness, clock = awake()
    clock.pass_by(1.4)
    wakefulness.tick()

    assert wakefulness.arrival() == clock()


def test_the_time_before_it_begins_is_no_sleep() -> None:
    clock = Clock(1000.0)
    wakefulness = Wakefulness(clock)
    clock.pass_by(15)
    wakefulness.begin()
    clock.pass_by(TICK_SECONDS)
    wakefulness.tick()

    assert wakefulness.arrival() == clock()
