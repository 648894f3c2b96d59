"""Stop-start: what brings the service back, which old tasks still run, and how it was scaled."""

from __future__ import annotations

from deploys.records.quote import Prose
from deploys.records.record import Record


class RestorePoint(Record):
    """What a stop-start deploy brings back, however it ends. Written before the service is stopped."""

    revision: str
    desired_count: int
    task_arns: tuple[str, ...]


class OldTask(Record):
    """An old task that has not stopped yet."""

    task_id: str
    last_status: str
    stopping_since: float | None = None
    """When it began to stop (epoch seconds), if ECS says so."""
    stop_requested: bool = True
    """Whether ECS asked it to stop; it does not ask protected tasks."""
    protected: bool = False
    """Protected from scale-in."""
    protected_until: float | None = None
    """When that ends by itself (epoch seconds)."""


class SuspendedState(Record):
    """Which processes of Application Auto Scaling are suspended (its API reference, SuspendedState)."""

    scale_in: bool = False
    scale_out: bool = False
    scheduled: bool = False


ALL_SUSPENDED = SuspendedState(scale_in=True, scale_out=True, scheduled=True)
"""Nothing changes the desired count any more."""


class SavedScaling(Record):
    """How a service was scaled before it is stopped. Written before anything is suspended."""

    minimum: int = 0
    """The least it is scaled to (tasks); for people."""
    maximum: int = 0
    """The most it is scaled to (tasks); for people."""
    suspended_before: SuspendedState
    """What was suspended then, and has to be again however the deploy ends."""
    suspend_tried: bool = False
    """Slipway began to suspend everything."""
    restored: bool = False
    """A read showed it as before, or somebody else set something else."""
    restored_late: bool = False
    """It was found suspended after it had been restored, and was restored once more."""

    @property
    def may_be_suspended(self) -> bool:
        """Whether Slipway may have suspended it and not restored it."""
        return self.suspend_tried and not self.restored


class ScalingPlan(Record):
    """What a plan says about scaling."""

    minimum: int = 0
    maximum: int = 0
    suspended_before: SuspendedState = SuspendedState()
    unknown_reason: Prose = ""
    """Why it is not known whether the service is scaled at all. Then the other fields mean nothing."""

    def allows(self, count: int) -> bool:
        """Whether the service is scaled to counts like this one (tasks)."""
        return self.minimum <= count <= self.maximum


class StopProgress(Record):
    """Stop-start: what is stopped, and what brings it back."""

    restore_point: RestorePoint | None = None
    old_tasks: tuple[OldTask, ...] = ()
    """Old tasks that have not stopped yet."""
    scaling: SavedScaling | None = None
    """How Application Auto Scaling scaled the service; None if it does not."""
    requested_at: float | None = None
    """When Slipway set the desired count to 0."""
    all_stopped_at: float | None = None

    @property
    def count_to_restore(self) -> int:
        """The desired count to bring back (tasks); 0 if the service was not going to be stopped."""
        return self.restore_point.desired_count if self.restore_point else 0

    @property
    def owns_count(self) -> bool:
        """Whether this deploy changes the service's desired count, and so has to bring it back."""
        return self.restore_point is not None
