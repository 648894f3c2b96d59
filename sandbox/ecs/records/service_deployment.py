"""A service deployment: the long story of which a deployment is the present."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.ecs.records.stage import Hook, Stage

UNDER_WAY = frozenset(
    {"PENDING", "IN_PROGRESS", "STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"}
)


@dataclass(frozen=True, slots=True)
class Rollback:
    reason: str
    started_at: float
    revision: str
    """ARN of the service revision that the service goes back to."""


@dataclass(frozen=True, slots=True)
class ServiceDeployment:
    arn: str
    service: str
    """ARN of the service."""
    cluster_arn: str
    deployment: str
    """Id of the deployment that brings the target revision."""
    target: str
    """ARN of the target service revision."""
    sources: tuple[str, ...]
    """ARNs of the service revisions that had tasks when it began; the last good one first."""
    configuration: dict[str, Any]
    created_at: float
    visible_at: float
    """Not listed or described before: it appears some time after UpdateService has answered."""
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
    """Names of the CloudWatch alarms that it watches; likewise those that rang."""
    alarms_rung: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    """What lies before it, in order, where it shifts traffic; none for a rolling update."""
    stage: int = 0
    """Index of the present one of `stages`."""
    stage_ends: float = 0.0
    """The present stage is not left before this moment."""
    hooks: tuple[Hook, ...] = ()
    """The lifecycle hooks started so far, oldest first."""
    production: float = 0.0
    """Percentage of production traffic that goes to the target revision; likewise `test`."""
    test: float = 0.0

    @property
    def under_way(self) -> bool:
        return self.status in UNDER_WAY
