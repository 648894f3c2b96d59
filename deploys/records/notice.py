"""A message for one person about a lock, kept until Slack has taken it."""

from __future__ import annotations

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
