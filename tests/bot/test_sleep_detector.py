"""What was read after a sleep may have arrived when it began."""

from __future__ import annotations

from bot.socket_mode.sleep_detector import TICK_SECONDS, SleepDetector
from tests.bot.bot_harness import ManualClock


def run_awake(seconds: float = 5) -> tuple[SleepDetector, ManualClock]:
    """A process that ran for a while."""
    clock = ManualClock(1000.0)
    wakefulness = SleepDetector(clock)
    for _ in range(int(seconds / TICK_SECONDS)):
        clock.advance(TICK_SECONDS)
        wakefulness.tick()
    return wakefulness, clock


def test_what_is_read_while_awake_arrived_now() -> None:
    wakefulness, clock = run_awake()
    clock.advance(0.4)

    assert wakefulness.earliest_arrival() == clock()


def test_what_is_read_right_after_a_sleep_may_be_as_old_as_the_sleep() -> None:
    wakefulness, clock = run_awake()
    fell_asleep = clock()
    clock.advance(20)

    assert wakefulness.earliest_arrival() == fell_asleep


def test_it_does_not_matter_whether_the_reader_or_the_ticker_wakes_first() -> None:
    wakefulness, clock = run_awake()
    fell_asleep = clock()
    clock.advance(20)
    wakefulness.tick()
    clock.advance(0.3)

    assert wakefulness.earliest_arrival() == fell_asleep


def test_a_while_after_waking_everything_is_fresh_again() -> None:
    wakefulness, clock = run_awake()
    clock.advance(20)
    for _ in range(4):
        wakefulness.tick()
        clock.advance(TICK_SECONDS)

    assert wakefulness.earliest_arrival() == clock()


def test_a_tick_that_comes_a_little_late_is_no_sleep() -> None:
    wakefulness, clock = run_awake()
    clock.advance(1.4)
    wakefulness.tick()

    assert wakefulness.earliest_arrival() == clock()


def test_the_time_before_it_begins_is_no_sleep() -> None:
    clock = ManualClock(1000.0)
    wakefulness = SleepDetector(clock)
    clock.advance(15)
    wakefulness.start()
    clock.advance(TICK_SECONDS)
    wakefulness.tick()

    assert wakefulness.earliest_arrival() == clock()
