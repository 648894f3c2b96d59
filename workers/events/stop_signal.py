"""SIGTERM and SIGINT for a process that mostly waits for an answer."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager


class StopRequested(BaseException):
    """The process is to end now. No library takes it for an error of its own."""


class StopSignal:
    """Ends the process at once while it waits, and otherwise before it waits again."""

    def __init__(self) -> None:
        self._requested = self._may_interrupt = False

    def install(self) -> None:
        """Takes these signals from now on."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._request())

    def _request(self) -> None:
        self._requested = True
        if self._may_interrupt:
            raise StopRequested

    @contextmanager
    def may_interrupt(self) -> Iterator[None]:
        """For what may be left at any time. Raises StopRequested there."""
        self._may_interrupt = True
        try:
            if self._requested:
                raise StopRequested
            yield
        finally:
            self._may_interrupt = False

    def sleep(self, seconds: float) -> None:
        """Waits. Raises StopRequested."""
        with self.may_interrupt():
            time.sleep(seconds)
