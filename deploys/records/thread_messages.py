"""The replies in a deploy's thread."""

from __future__ import annotations

from enum import StrEnum

from deploys.records.record import Record


class ThreadMessageKind(StrEnum):
    """What a thread reply is about."""

    PLAN = "plan"
    QUESTION = "question"  # needs an approver: broadcast, mentions them
    PROGRESS = "progress"
    PROBLEM = "trouble"  # something is wrong and it goes on
    END = "end"  # the outcome; mentions the requester


class ThreadMessage(Record):
    """One reply in the thread. Replies are posted in order, each once."""

    at: float
    kind: ThreadMessageKind
    text: str
    """Slack mrkdwn, already escaped."""
    broadcast: bool = False
    """Also shown in the channel."""
