"""How often the present step has failed, since when and why."""

from __future__ import annotations

from deploys.records.quote import Prose
from deploys.records.record import Record


class AwsWait(Record):
    """The step waits for its turn to call AWS. That is no failed try."""

    limit: str
    """Name of the limit (`deploys.aws_limits`)."""
    until: float
    """When its turn is expected (epoch seconds)."""
    before: int = 0
    """How many others came first when it asked (count)."""


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
    aws_wait: AwsWait | None = None
    """Set while the step waits for its turn, if that takes long enough to be told."""
