"""What a read showed that would end or turn a deploy, until a second read confirms it."""

from __future__ import annotations

from enum import StrEnum

from deploys.records.record import Record


class Observation(StrEnum):
    """What one read showed, and a second read has to confirm before Slipway acts on it."""

    ROLLOUT_SUCCEEDED = "rollout succeeded"
    ROLLOUT_FAILED = "rollout failed"
    ROLLED_BACK_BY_ECS = "rolled back by ECS"
    SUPERSEDED = "superseded"  # key: the other deployment, and its revision if the service is stopped
    SCALED_TO_ZERO = "scaled to zero"
    SERVICE_DELETED = "service deleted"  # key: the service's status
    CRASH_LOOP = "crash loop"
    ROLLBACK_DONE = "rollback done"
    RESTORE_REVISION_DELETED = "restore revision deleted"
    COUNT_CHANGED = "count changed"  # key: the desired count
    COUNT_REACHED = "count reached"
    SCALING_NOT_SUSPENDED = "scaling not suspended"
    ALARM_FIRING = "alarm firing"  # key: the names of the alarms
    PRE_TASK_ENDED = "pre-task ended"  # key: how
    PRE_TASK_NOT_FOUND = "pre-task not found"
    EXTERNAL_ROLLOUT = "external rollout"  # key: its deployment
    NOTHING_TO_FOLLOW = "nothing to follow"


FINAL_IN_ECS = frozenset(
    {
        Observation.ROLLOUT_SUCCEEDED,
        Observation.ROLLOUT_FAILED,
        Observation.ROLLED_BACK_BY_ECS,
        Observation.PRE_TASK_ENDED,
    }
)
"""States of our own rollout or task that ECS never leaves again, so that an older read cannot show them.
Events tell of each."""


class PendingConfirmation(Record):
    """An observation that waits for a second read."""

    observation: Observation
    key: str = ""
    """Tells two observations of one kind apart."""
