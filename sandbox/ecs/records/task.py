"""A task and its containers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

STARTING = ("PROVISIONING", "PENDING", "ACTIVATING")


@dataclass(frozen=True, slots=True)
class Container:
    name: str
    arn: str
    image: str
    essential: bool
    checked: bool
    """The container definition has a health check."""
    cpu: str
    memory: str | None = None
    image_digest: str | None = None
    runtime_id: str | None = None
    last_status: str = "PENDING"
    exit_code: int | None = None
    reason: str | None = None
    health: str = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Task:
    arn: str
    id: str
    cluster: str
    cluster_arn: str
    group: str
    task_definition: str
    created_at: float
    containers: tuple[Container, ...]
    cpu: str
    memory: str
    availability_zone: str
    ip: str
    attachment_id: str
    interface_id: str
    mac: str
    service: str | None = None
    """ARN of the service it runs for."""
    deployment: str | None = None
    started_by: str | None = None
    launch_type: str = "FARGATE"
    platform_version: str | None = None
    subnet: str = ""
    overrides: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    last_status: str = "PROVISIONING"
    desired_status: str = "RUNNING"
    healthy: bool = False
    """The service scheduler counts on it: running, and every health check content."""
    connected_at: float | None = None
    pull_started_at: float | None = None
    pull_stopped_at: float | None = None
    started_at: float | None = None
    stopping_at: float | None = None
    execution_stopped_at: float | None = None
    stopped_at: float | None = None
    stop_code: str | None = None
    stopped_reason: str | None = None
    registered: bool = False
    """It is a target of the service's target groups."""
    protected_until: float | None = None
    """Scale-in and deployments leave it alone before this moment."""
    version: int = 1

    def protected(self, now: float) -> bool:
        return self.protected_until is not None and now < self.protected_until

    @property
    def command(self) -> tuple[str, list[str]] | None:
        """Container and command of its own, where RunTask gave one: it does that and exits."""
        if self.service is not None:
            return None
        overrides = self.overrides.get("containerOverrides", [])
        return next(((o["name"], o["command"]) for o in overrides if o.get("command")), None)

    @property
    def live(self) -> bool:
        """ECS wants it to run."""
        return self.desired_status == "RUNNING"

    @property
    def running(self) -> bool:
        return self.last_status == "RUNNING"

    @property
    def pending(self) -> bool:
        return self.live and self.last_status in STARTING

    @property
    def draining(self) -> bool:
        return self.last_status == "DEACTIVATING"

    @property
    def gone(self) -> bool:
        return self.last_status == "STOPPED"
