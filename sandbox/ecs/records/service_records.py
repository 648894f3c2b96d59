"""A service, its events, its deployments and its service revisions."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil, floor
from typing import Any

MAX_EVENTS = 100
"""ECS returns only the newest 100 events of a service."""


@dataclass(frozen=True, slots=True)
class ServiceEvent:
    id: str
    created_at: float
    message: str


@dataclass(frozen=True, slots=True)
class EcsService:
    arn: str
    name: str
    cluster: str
    cluster_arn: str
    created_at: float
    desired_count: int
    task_definition: str
    """ARN of the PRIMARY deployment's task definition."""
    configuration: dict[str, Any]
    """deploymentConfiguration with all defaults filled in."""
    settings: dict[str, Any]
    """The members that ECS returns as they were given: launchType, loadBalancers, and so on."""
    tags: dict[str, str] = field(default_factory=dict)
    status: str = "ACTIVE"
    events: tuple[ServiceEvent, ...] = ()
    """Newest first."""
    is_steady: bool = False
    last_completed: str | None = None
    """Id of the deployment that a rollback restores."""

    @property
    def min_healthy_tasks(self) -> int:
        """The healthy tasks that a deployment must keep: minimumHealthyPercent, rounded up."""
        percent: int = self.configuration["minimumHealthyPercent"]
        return ceil(self.desired_count * percent / 100)

    @property
    def max_tasks(self) -> int:
        """The running and pending tasks that a deployment may have: maximumPercent, rounded down."""
        percent: int = self.configuration["maximumPercent"]
        return floor(self.desired_count * percent / 100)

    @property
    def target_groups(self) -> list[dict[str, Any]]:
        balancers: list[dict[str, Any]] = self.settings.get("loadBalancers", [])
        return [balancer for balancer in balancers if "targetGroupArn" in balancer]

    @property
    def circuit_breaker(self) -> dict[str, Any]:
        breaker: dict[str, Any] = self.configuration["deploymentCircuitBreaker"]
        return breaker

    @property
    def grace_period(self) -> float:
        """Seconds after RUNNING during which failing health checks are ignored."""
        return float(self.settings.get("healthCheckGracePeriodSeconds", 0))


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
    """containerName, image, and imageDigest if the registry knows it."""


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
    """Failures in a row, which the circuit breaker counts: a task that becomes healthy resets it to 0."""
    retry_at: float = 0.0
    """No task is started before this time: failing tasks are replaced more and more slowly."""
    halted: bool = False
    """It starts no more tasks, because it failed or was stopped."""
    service_deployment: str | None = None
    """ARN of the service deployment that it belongs to."""
    rolls_back: bool = False
    """It rolls the service back after `service_deployment` failed or was stopped."""
    settings: dict[str, Any] = field(default_factory=dict)
