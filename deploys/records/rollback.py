"""Why a deploy rolls back, and how far the rollback is."""

from __future__ import annotations

from enum import StrEnum

from deploys.records.phases import Outcome
from deploys.records.quote import Prose
from deploys.records.record import Record


class RollbackCauseKind(StrEnum):
    """Why a deploy rolls back."""

    CANCELLED = "cancelled"  # a person cancelled the deploy
    PAUSE_ANSWER = "pause answer"  # a person answered a pause with *Roll back*
    ECS = "ecs"  # ECS rolls back: its circuit breaker, an alarm, a hook, or somebody stopped it in ECS
    ROLLOUT_FAILED = "rollout failed"  # ECS failed and does not roll back
    CRASH_LOOP = "crash loop"  # too many tasks in a row failed
    OVERDUE = "overdue"  # the rollout did not finish in time
    NO_DEPLOYMENT = "no deployment"  # ECS accepted the update and never showed a deployment
    OTHER_IMAGE = "other image"  # tasks run an image that the plan did not show
    CHECK_FAILED = "check failed"  # the check after the rollout
    TASKS_NOT_STOPPING = "tasks not stopping"  # stop-start: old tasks did not stop in time
    COUNT_CHANGED = "count changed"  # stop-start: somebody scaled the service while it was being stopped
    SCALED_TO_ZERO = "scaled to zero"  # somebody set the desired count of a stop-start service to 0
    STEP_FAILED = "step failed"  # AWS refused a call, or a step failed too often
    RECORD_LOST = "record lost"  # Redis lost the record, or its last writes

    @property
    def outcome(self) -> Outcome:
        """How the deploy ends once the rollback is finished."""
        return Outcome.CANCELLED if self is RollbackCauseKind.CANCELLED else Outcome.ROLLED_BACK


class RollbackCause(Record):
    """Why a deploy rolls back, for the code and for people."""

    kind: RollbackCauseKind
    sentence: Prose
    """One sentence of mrkdwn."""


class EcsRollback(Record):
    """A rollback by ECS itself, as it was found in progress."""

    deployment_id: str
    """ECS's id (ecs-svc/N) of the deployment that it makes for the rollback."""
    revision: str
    """ECS goes to what completed last: mostly the recorded revision, another one if that never completed."""


class RollbackProgress(Record):
    """How far Slipway's rollback is. Setting the revision again does not start it again."""

    started_at: float
    """Epoch seconds."""
    stop_accepted_at: float | None = None
    """When ECS accepted the request to stop our rollout, which makes ECS roll back (epoch seconds)."""
    stop_ignored: bool = False
    """ECS went on with the rollout all the same, so an update sets the recorded revision."""
    updated_at: float | None = None
    """When an update first set the recorded revision (epoch seconds); None if ECS rolls back by itself."""
    gave_up: bool = False
    """Slipway gave up: the service keeps the new revision."""


class Rollback(Record):
    """Why and how the recorded revision comes back."""

    cause: RollbackCause | None = None
    """Known as soon as Slipway or ECS rolls back."""
    outcome: Outcome | None = None
    """The outcome once Slipway's rollback is finished; None: Slipway does not roll back."""
    revision_copy: str | None = None
    """A copy of the recorded revision, if that one was deregistered or its tag names another image now."""
    ecs_rollback: EcsRollback | None = None
    """ECS's own rollback, once it was found in progress."""
    progress: RollbackProgress | None = None
    """Slipway's rollback, once it has begun."""
