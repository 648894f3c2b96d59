"""All deploys are stopped: somebody has stopped the line."""

from __future__ import annotations

from deploys.records.record import StoredRecord


class StopAll(StoredRecord):
    """Who stopped all deploys, why and since when."""

    id: str
    user: str
    reason: str
    """As the person typed it."""
    since: float
    """Epoch seconds."""
    channel: str
    team: str
