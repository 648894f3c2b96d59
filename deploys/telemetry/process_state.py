"""Whether a process lives, and whether it can do its work. `/healthz` is for what restarts it, `/readyz` for
what sends it work or watches it."""

from __future__ import annotations

import time
from collections.abc import Callable

from deploys.telemetry.metrics import BOT

LONGEST_LOOP_SECONDS = 90.0
"""A main loop that did not move for so long hangs. A worker that waits for its job moves every 30 s."""


class ProcessState:
    """What is known of one process."""

    def __init__(
        self, process: str, *, is_there: Callable[[], bool], now: Callable[[], float] = time.monotonic
    ) -> None:
        self.process = process
        self._is_there = is_there
        self._now = now
        self._started_at = now()
        self._looped_at: float | None = None
        self._slack_connected = False

    def note_loop(self) -> None:
        """Its main loop moved."""
        self._looped_at = self._now()

    def note_slack(self, *, connected: bool) -> None:
        """The bot's connection to Slack came or went."""
        self._slack_connected = connected

    @property
    def loop_age(self) -> float:
        """Seconds since the main loop moved, or since the start."""
        return self._now() - (self._started_at if self._looped_at is None else self._looped_at)

    def health_problem(self) -> str:
        """Why it has to be restarted; empty if it lives."""
        if not self._is_there():
            return f"the {self.process} process has ended"
        if self.loop_age > LONGEST_LOOP_SECONDS:
            return f"the main loop of the {self.process} process has not moved for {self.loop_age:.0f} s"
        return ""

    def readiness_problem(self) -> str:
        """Why it cannot work, as far as the process itself is concerned; empty if it can."""
        if problem := self.health_problem():
            return problem
        if self._looped_at is None:
            return f"the {self.process} process is still starting"
        if self.process == BOT and not self._slack_connected:
            return "the bot is not connected to Slack"
        return ""
