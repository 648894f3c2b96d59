"""A service, and the events it has told."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil, floor
from typing import Any

EVENTS_KEPT = 100
"""ECS returns only the newest 100 events of a service."""


@dataclass(frozen=True, slots=True)
class ServiceEvent:
    id: str
    created_at: float
    message: str


@dataclass(frozen=True, slots=True)
class Service:
    arn: str
    name: str
    cluster: str
    cluster_arn: str
    created_at: float
    desired_count: int
    task_definition: str
    """ARN of the PRIMARY deployment's task definition."""
    configuration: dict[str, Any]
    """deploymentConfiguration, complete with its defaults."""
    settings: dict[str, Any]
    """The members that ECS gives back as they were given: launchType, loadBalancers, and so on."""
    tags: dict[str, str] = field(default_factory=dict)
    status: str = "ACTIVE"
    events: tuple[ServiceEvent, ...] = ()
    """Newest first."""
    steady: bool = False
    last_completed: str | None = None
    """The deployment that a rollback goes back to."""

    @property
    def fewest(self) -> int:
        """Healthy tasks that a deployment must leave: minimumHealthyPercent, rounded up."""
        percent: int = self.configuration["minimumHealthyPercent"]
        return ceil(self.desired_count * percent / 100)

    @property
    def most(self) -> int:
        """Running and pending tasks a deployment may have: maximumPercent, rounded down."""
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
        """Seconds after RUNNING during which failing health checks are overlooked."""
        return float(self.settings.get("healthCheckGracePeriodSeconds", 0))
