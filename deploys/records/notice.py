"""A message for one person about a lock, kept until Slack has taken it."""

from __future__ import annotations

from deploys.records.hold import LockRef
from deploys.records.record import StoredRecord


class PersonalNotice(StoredRecord):
    """What one person is told."""

    id: str
    user: str
    channel: str
    """Where it is said."""
    private: bool = False
    """In a direct message first; else in the channel first. The other way is tried if the first is closed."""
    text: str
    """Mrkdwn, without the mention of the person."""
    at: float
    """When it was written (epoch seconds)."""
    lock: LockRef | None = None
    """The lock that it calls its owner to see to. It is edited once that is over; None: it stays as it is."""
    past_text: str = ""
    """What that message says it was, once it is edited."""


class SentNotice(StoredRecord):
    """A message that Slack has taken, and that has to be edited once its lock is over."""

    notice: PersonalNotice
    channel: str
    ts: str
