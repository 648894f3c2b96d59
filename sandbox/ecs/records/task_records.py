"""A task definition's revision, a task with its containers, and a used clientToken of RunTask."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class TaskDefinition:
    arn: str
    family: str
    revision: int
    content: dict[str, Any]
    """The registered members, with ECS's defaults filled in."""
    registered_at: float
    registered_by: str
    """ARN of the principal whose keys signed the call."""
    status: str = "ACTIVE"
    deregistered_at: float | None = None
    delete_requested_at: float | None = None
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def containers(self) -> list[dict[str, Any]]:
        definitions: list[dict[str, Any]] = self.content["containerDefinitions"]
        return definitions


STARTING_STATUSES = ("PROVISIONING", "PENDING", "ACTIVATING")


@dataclass(frozen=True, slots=True)
class TaskContainer:
    name: str
    arn: str
    image: str
    essential: bool
    has_health_check: bool
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
class EcsTask:
    arn: str
    id: str
    cluster: str
    cluster_arn: str
    group: str
    task_definition: str
    created_at: float
    containers: tuple[TaskContainer, ...]
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
    is_healthy: bool = False
    """The task runs and every health check passes."""
    connected_at: float | None = None
    pull_started_at: float | None = None
    pull_stopped_at: float | None = None
    started_at: float | None = None
    stopping_at: float | None = None
    execution_stopped_at: float | None = None
    stopped_at: float | None = None
    stop_code: str | None = None
    stopped_reason: str | None = None
    is_target: bool = False
    """The task is a target in the service's target groups."""
    protected_until: float | None = None
    """Scale-in and deployments do not stop the task before this time."""
    version: int = 1

    def is_protected(self, now: float) -> bool:
        return self.protected_until is not None and now < self.protected_until

    @property
    def own_command(self) -> tuple[str, list[str]] | None:
        """The container and its command from RunTask's overrides: it runs that and exits. None for other
        tasks."""
        if self.service is not None:
            return None
        overrides = self.overrides.get("containerOverrides", [])
        return next(((o["name"], o["command"]) for o in overrides if o.get("command")), None)

    @property
    def is_wanted(self) -> bool:
        """Whether its desired status is RUNNING."""
        return self.desired_status == "RUNNING"

    @property
    def is_running(self) -> bool:
        return self.last_status == "RUNNING"

    @property
    def is_pending(self) -> bool:
        return self.is_wanted and self.last_status in STARTING_STATUSES

    @property
    def is_deactivating(self) -> bool:
        return self.last_status == "DEACTIVATING"

    @property
    def is_stopped(self) -> bool:
        return self.last_status == "STOPPED"


@dataclass(frozen=True, slots=True)
class UsedClientToken:
    at: float
    params: dict[str, Any]
    """The whole request. Another request with the same token is a conflict."""
    tasks: tuple[str, ...]
    """ARNs of the tasks that the request started."""
