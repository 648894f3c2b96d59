"""The approval question, what people answered, and a cancel."""

from __future__ import annotations

from enum import StrEnum

from deploys.records.record import Record
from deploys.redaction import Redacted


class Verdict(StrEnum):
    """What a person decided about a plan."""

    APPROVED = "approved"
    REJECTED = "rejected"


class Decision(Record):
    """One person's answer to the approval question."""

    user: str
    team: str = ""
    channel: str = ""
    """Where it was given; access is checked again with these when it counts. Empty: nobody knows, so it does
    not count."""
    command_line: str = ""
    """As of a request."""
    verdict: Verdict
    at: float
    reason: Redacted = ""
    """As the person typed it; empty: a button was pressed."""


class Approval(Record):
    """The approval question and its answers."""

    decisions: tuple[Decision, ...] = ()
    question: int = 0
    """Counts the approval questions. A button answers only the question it was shown with."""
    shown_at: float | None = None
    """When Slack accepted a card with this question's buttons. The time to answer begins here."""
    expires_at: float | None = None
    """When nobody can answer it any more; None until Slack has shown it."""


class Cancel(Record):
    """A person asked to cancel."""

    user: str
    team: str = ""
    channel: str = ""
    """Where it was asked for, as of a decision."""
    command_line: str = ""
    """As of a request."""
    at: float
    reason: Redacted = ""
    """As of a decision."""
    checked: bool = False
    """Whether access was checked again when a worker acted on it. From then on it holds."""
