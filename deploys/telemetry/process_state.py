"""Whether a process lives, and whether it can do its work. `/healthz` is for what restarts it, `/readyz` for
what sends it work or watches it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from deploys.telemetry.metrics import BOT

LONGEST_LOOP_SECONDS = 90.0
"""A main loop that did not move for so long hangs. A worker that waits for its job moves every 30 s."""


class ProcessState:
    """What is known of one process, or of the workers that are forked from one."""

    def __init__(
        self,
        process: str,
        loops: Iterable[str] = ("",),
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """loops: the numbers of the workers, each of which has a main loop."""
        self.process = process
        self._now = now
        self._moved_at = dict.fromkeys(loops, now())
        self._has_not_moved = set(self._moved_at)
        self._slack_connected = False

    def note_loop(self, loop: str = "") -> None:
        """A main loop moved."""
        self._moved_at[loop] = self._now()
        self._has_not_moved.discard(loop)

    def note_slack(self, *, connected: bool) -> None:
        """The bot's connection to Slack came or went."""
        self._slack_connected = connected

    def loop_ages(self) -> dict[str, float]:
        """Seconds since each main loop moved, or since the start."""
        now = self._now()
        return {loop: now - at for loop, at in self._moved_at.items()}

    def health_problem(self) -> str:
        """Why it has to be restarted; empty if it lives."""
        loop, age = max(self.loop_ages().items(), key=lambda each: each[1])
        if age > LONGEST_LOOP_SECONDS:
            return f"the main loop of {self._describe(loop)} has not moved for {age:.0f} s"
        return ""

    def readiness_problem(self) -> str:
        """Why it cannot work, as far as the process itself is concerned; empty if it can."""
        if problem := self.health_problem():
            return problem
        if self._has_not_moved:
            return f"{self._describe(min(self._has_not_moved))} is still starting"
        if self.process == BOT and not self._slack_connected:
            return "the bot is not connected to Slack"
        return ""

    def _describe(self, loop: str) -> str:
        return f"{self.process} {loop}" if loop else f"the {self.process} process"
