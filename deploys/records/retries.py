"""What a deploy keeps between two steps: failed tries, what a second read has to confirm, notices given."""

from __future__ import annotations

from enum import StrEnum

from deploys.records.record import Record


class Retries(Record):
    """Failed tries of the present phase."""

    attempts: int = 0
    """Failed tries, one after another (count)."""
    failing_since: float | None = None
    """When the first of them failed."""
    last_error: str = ""
    """What the last one said, for people."""
    channel_alerted_at: float | None = None
    """When the channel was last told that the step keeps failing."""


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
    SCALING_NOT_SUSPENDED = "scaling not suspended"
    ALARM_FIRING = "alarm firing"  # key: the names of the alarms
    PRE_TASK_ENDED = "pre-task ended"  # key: how
    PRE_TASK_NOT_FOUND = "pre-task not found"
    EXTERNAL_ROLLOUT = "external rollout"  # key: its deployment
    NOTHING_TO_FOLLOW = "nothing to follow"


class PendingConfirmation(Record):
    """An observation that waits for a second read."""

    observation: Observation
    key: str = ""
    """Tells two observations of one kind apart."""


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
