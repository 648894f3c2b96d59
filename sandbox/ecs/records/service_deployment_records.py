"""A service deployment, its stages if it shifts traffic, and the lifecycle hooks that run at them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class LifecycleStage:
    name: str
    """The value of `lifecycleStage`."""
    hook_point: str | None
    """The stage name in the configuration of lifecycle hooks that run here; None if no hook can."""
    production_percent: float
    """Percentage of production traffic that the target revision gets from here on."""
    test_percent: float
    """Percentage of test traffic."""
    min_seconds: float = 0.0
    """The shortest time of the stage, at speed 1."""


@dataclass(frozen=True, slots=True)
class LifecycleHook:
    """A lifecycle hook that was started."""

    id: str
    stage_index: int
    """Index of the stage that waits for it."""
    target_type: str
    """PAUSE or AWS_LAMBDA."""
    target_arn: str | None
    status: str
    """AWAITING_ACTION, IN_PROGRESS, SUCCEEDED, FAILED or TIMED_OUT."""
    expires_at: float
    timeout_action: str
    """CONTINUE or ROLLBACK."""

    @property
    def is_waiting(self) -> bool:
        return self.status in ("AWAITING_ACTION", "IN_PROGRESS")

    @property
    def requires_rollback(self) -> bool:
        return self.status == "FAILED" or (self.status == "TIMED_OUT" and self.timeout_action == "ROLLBACK")


IN_PROGRESS_STATUSES = frozenset(
    {"PENDING", "IN_PROGRESS", "STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"}
)


@dataclass(frozen=True, slots=True)
class Rollback:
    reason: str
    started_at: float
    revision: str
    """ARN of the service revision that the service is rolled back to."""


@dataclass(frozen=True, slots=True)
class ServiceDeployment:
    arn: str
    service: str
    """ARN of the service."""
    cluster_arn: str
    deployment: str
    """Id of the deployment of the target revision."""
    target: str
    """ARN of the target service revision."""
    sources: tuple[str, ...]
    """ARNs of the service revisions that had tasks when it began; the last completed one first."""
    configuration: dict[str, Any]
    created_at: float
    visible_at: float
    """ECS lists and describes it from this time on, some time after UpdateService has answered."""
    updated_at: float
    status: str = "PENDING"
    status_reason: str | None = None
    lifecycle_stage: str | None = None
    started_at: float | None = None
    finished_at: float | None = None
    stopped_at: float | None = None
    breaker_status: str = "DISABLED"
    failure_count: int = 0
    threshold: int = 3
    rollback: Rollback | None = None
    alarm_status: str = "DISABLED"
    alarms: tuple[str, ...] = ()
    """Names of the CloudWatch alarms that it watches, and of those that were triggered."""
    triggered_alarms: tuple[str, ...] = ()
    stages: tuple[LifecycleStage, ...] = ()
    """All of its stages in order; none for a rolling update."""
    stage_index: int = 0
    """Index of the current stage in `stages`."""
    stage_ends: float = 0.0
    """The current stage lasts at least until this time."""
    hooks: tuple[LifecycleHook, ...] = ()
    """The lifecycle hooks started so far, oldest first."""
    production_percent: float = 0.0
    """Percentage of production traffic that goes to the target revision; `test` is that of test traffic."""
    test_percent: float = 0.0

    @property
    def is_in_progress(self) -> bool:
        return self.status in IN_PROGRESS_STATUSES
