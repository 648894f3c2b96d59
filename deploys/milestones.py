"""The replies in a deploy's thread."""

from __future__ import annotations

from enum import StrEnum

from deploys.frozen import Frozen


class MilestoneKind(StrEnum):
    """What a thread reply is about."""

    PLAN = "plan"
    QUESTION = "question"  # needs an approver: broadcast, mentions them
    PROGRESS = "progress"
    TROUBLE = "trouble"  # something is wrong and it goes on
    END = "end"  # the outcome; mentions the requester


class Milestone(Frozen):
    """One reply in the thread. Replies are posted in order, each once."""

    at: float
    kind: MilestoneKind
    text: str
    """Slack mrkdwn, already escaped."""
    broadcast: bool = False
    """Also shown in the channel."""
