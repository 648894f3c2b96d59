"""How often the present step has failed, since when and why."""

from __future__ import annotations

from deploys.records.quote import Prose
from deploys.records.record import Record


class Retries(Record):
    """Failed tries of the present phase."""

    attempts: int = 0
    """Failed tries, one after another (count)."""
    failing_since: float | None = None
    """When the first of them failed."""
    last_error: Prose = ""
    """What the last one said, for people."""
    channel_alerted_at: float | None = None
    """When the channel was last told that the step keeps failing."""
