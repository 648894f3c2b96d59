"""Whether this process slept: stopped by a signal, or suspended with its machine.

What Slack sent meanwhile waits in the socket and looks fresh when it is read, although Slack told its sender
long ago that it failed.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.slack_clock import uptime

TICK_SECONDS = 0.5
SLEEP_GAP_SECONDS = 1.5
"""A longer gap between two ticks was sleep."""
BACKLOG_SECONDS = 1.0
"""After waking, the backlog is read within this time."""


class SleepDetector:
    """Ticks tell it the time; it is asked when a message was read."""

    def __init__(self, now: Callable[[], float] = uptime) -> None:
        self._now = now
        self._ticked_at = now()
        self._slept_from = 0.0
        self._woke_at = 0.0

    def start(self) -> None:
        """Call before the first tick."""
        self._ticked_at = self._now()

    def tick(self) -> None:
        """Call every TICK_SECONDS."""
        now = self._now()
        if now - self._ticked_at > SLEEP_GAP_SECONDS:
            self._slept_from, self._woke_at = self._ticked_at, now
        self._ticked_at = now

    def earliest_arrival(self) -> float:
        """When the message that was read just now may have arrived, at the earliest (seconds of uptime)."""
        now = self._now()
        if now - self._ticked_at > SLEEP_GAP_SECONDS:
            return self._ticked_at
        if now - self._woke_at < BACKLOG_SECONDS:
            return self._slept_from
        return now
