"""A signal ends a wait at once, and nothing else halfway."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from workers.events.stop_signal import StopRequested, StopSignal


@pytest.fixture
def stop() -> Iterator[StopSignal]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    stop = StopSignal()
    stop.install()
    yield stop
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_a_wait_ends_at_once(stop: StopSignal, by: signal.Signals) -> None:
    with pytest.raises(StopRequested), stop.may_interrupt():
        signal.raise_signal(by)


def test_what_is_no_wait_goes_on_and_the_next_wait_does_not_begin(stop: StopSignal) -> None:
    signal.raise_signal(signal.SIGTERM)
    waited = False

    with pytest.raises(StopRequested), stop.may_interrupt():
        waited = True

    assert not waited


def test_no_library_takes_it_for_an_error_of_its_own() -> None:
    assert not issubclass(StopRequested, Exception)
