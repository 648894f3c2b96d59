"""Which threads are shown first if Slack takes fewer messages than there are to send. Pure."""

from __future__ import annotations

from enum import IntEnum

from deploys.pauses import unanswered_pause
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase, Stage

WAITS_FOR_SLACK = "waits"
"""In place of a priority, followed by the call: that call of this thread waits for its turn at Slack, at the
time that the thread is due. Progress is shown then, and makes it due no sooner."""


class PublishPriority(IntEnum):
    """The lower, the sooner."""

    QUESTION = 0
    """Somebody has to answer, or has just done something and looks at the card."""
    END = 1
    FAILURE = 2
    """It rolls back."""
    PROGRESS = 3
    ELAPSED_TIME = 4
    """Nothing is new; only the elapsed time moves."""


def publish_priority(deploy: Deploy) -> PublishPriority:
    """How urgent it is that people see a change of this record."""
    if deploy.phase is Phase.AWAITING_APPROVAL or unanswered_pause(deploy) is not None:
        return PublishPriority.QUESTION
    if deploy.phase.facts.stage is Stage.OVER or not deploy.in_progress:
        return PublishPriority.END
    if deploy.phase.facts.stage is Stage.ROLLBACK or deploy.is_rolling_back:
        return PublishPriority.FAILURE
    return PublishPriority.PROGRESS
