"""What people said to a deploy: their decisions about its plan, and a cancel."""

from __future__ import annotations

from enum import StrEnum

from deploys.records.record import Record


class Verdict(StrEnum):
    """What a person decided about a plan."""

    APPROVED = "approved"
    REJECTED = "rejected"


class Decision(Record):
    """One person's answer to the approval question."""

    user: str
    verdict: Verdict
    at: float


class Cancel(Record):
    """A person asked to cancel."""

    user: str
    at: float
