"""All deploys are stopped: somebody has stopped the line."""

from __future__ import annotations

from deploys.records.record import StoredRecord
from deploys.redaction import Redacted


class StopAll(StoredRecord):
    """Who stopped all deploys, why and since when."""

    id: str
    user: str
    reason: Redacted
    """As the person typed it."""
    since: float
    """Epoch seconds."""
    channel: str
    team: str
