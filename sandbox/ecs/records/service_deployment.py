"""A service deployment: the long story of which a deployment is the present."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
    """ARNs of the service revisions that had tasks when it began."""
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

    @property
    def under_way(self) -> bool:
        return self.status in UNDER_WAY
