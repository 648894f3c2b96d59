"""A request that was refused for who asked it, and that others are asked to run in their own name."""

from __future__ import annotations

from deploys.records.record import StoredRecord
from deploys.records.refused_request import RefusedRequest


class AskedRequest(StoredRecord):
    """What is asked of whom. It never changes; what became of it is kept beside it."""

    id: str
    refused: RefusedRequest
    """The request, its channel, and who was refused."""
    people: str
    """Those who may, as mentions."""
    asked_at: float
    """Epoch seconds."""
