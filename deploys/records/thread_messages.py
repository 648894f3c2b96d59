"""The replies in a deploy's thread, and those that it gets once."""

from __future__ import annotations

from enum import StrEnum

from deploys.records.quote import Prose
from deploys.records.record import Record


class ThreadMessageKind(StrEnum):
    """What a thread reply is about."""

    PLAN = "plan"
    QUESTION = "question"  # needs an approver: broadcast, mentions them
    PROGRESS = "progress"
    PROBLEM = "trouble"  # something is wrong and it goes on
    END = "end"  # the outcome; mentions the requester


class QuestionKind(StrEnum):
    """What people are asked."""

    APPROVAL = "approval"
    PAUSE = "pause"


class QuestionRef(Record):
    """Which of a deploy's questions a message calls people to."""

    kind: QuestionKind
    number: int
    """As its buttons carry it: of the approval question, or of the pause."""


class ThreadMessage(Record):
    """One reply in the thread. Replies are posted in order, each once."""

    at: float
    kind: ThreadMessageKind
    text: Prose
    """Slack mrkdwn, already escaped."""
    broadcast: bool = False
    """Also shown in the channel."""
    question: QuestionRef | None = None
    """The question it calls people to. Once that has ended, the reply says how."""


class Notice(StrEnum):
    """A message that the thread gets once."""

    STOPPING_OLD_TASKS = "stopping old tasks"
    SLOW_OLD_TASKS = "slow old tasks"
    SCALING_SUSPENDED_AGAIN = "scaling suspended again"
    SERVICE_DEPLOYMENT_MISSING = "service deployment missing"
    ROLLBACK_UNDONE = "rollback undone"
    RESTORE_WAITS = "restore waits"  # once for each time the phase is entered
    PRE_TASK_NOT_STOPPING = "pre-task not stopping"  # likewise


ONCE_A_PHASE = frozenset({Notice.RESTORE_WAITS, Notice.PRE_TASK_NOT_STOPPING})
"""Notices that are given again after the phase was left."""
