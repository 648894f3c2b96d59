"""A deployment of a service, and the revision of the service that it brings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ServiceRevision:
    arn: str
    service: str
    """ARN of the service."""
    cluster_arn: str
    task_definition: str
    created_at: float
    settings: dict[str, Any]
    images: tuple[dict[str, str], ...] = ()
    """containerName, image, and imageDigest where the registry knows it."""


@dataclass(frozen=True, slots=True)
class Deployment:
    id: str
    service: str
    """ARN of the service."""
    task_definition: str
    revision: str
    """ARN of the service revision."""
    created_at: float
    updated_at: float
    desired_count: int
    rollout_reason: str
    status: str = "PRIMARY"
    """PRIMARY, ACTIVE, or INACTIVE once ECS no longer shows it."""
    rollout_state: str = "IN_PROGRESS"
    failed_tasks: int = 0
    """Failures in a row, which the circuit breaker counts: a task that gets healthy sets it back to 0."""
    retry_at: float = 0.0
    """No task is started before this moment: failing tasks are replaced more and more slowly."""
    halted: bool = False
    """Starts no task any more: it failed, or somebody stopped it."""
    service_deployment: str | None = None
    """ARN of the service deployment that it belongs to."""
    rolls_back: bool = False
    """It brings the service back after `service_deployment` failed or was stopped."""
    settings: dict[str, Any] = field(default_factory=dict)
