"""The state of things in ECS and ECR, as decisions read it: one record for each kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from deploys.records.traffic import TrafficPlan
from deploys.short_names import short_arn

ONE_OFF_PREFIX = "slipway/"
"""Prefix of the startedBy of a one-off task that Slipway runs. A service's task has `ecs-svc/N` there."""


@dataclass(frozen=True)
class DeploymentState:
    """One entry of DescribeServices' `deployments`."""

    id: str
    status: str
    """PRIMARY, ACTIVE or INACTIVE."""
    revision: str
    desired: int
    pending: int
    running: int
    failed: int = 0
    rollout_state: str = ""
    """IN_PROGRESS, COMPLETED or FAILED. Empty means that it is not known, not that it is done."""
    rollout_reason: str = ""
    created_at: float = 0.0


@dataclass(frozen=True)
class ServiceEventState:
    """One service event."""

    id: str
    at: float
    message: str


@dataclass(frozen=True)
class Endpoints:
    """Which parts of a task the service sends traffic to."""

    containers: tuple[str, ...] = ()
    """Containers that its load balancers and service registries name."""
    ports: tuple[str, ...] = ()
    """Port mappings, by name, that Service Connect and VPC Lattice name."""
    load_balancers: int = 0
    """Target groups and Classic Load Balancers (count)."""


@dataclass(frozen=True)
class ServiceState:
    """An ECS service as DescribeServices answers it."""

    arn: str
    name: str
    status: str
    """ACTIVE, DRAINING or INACTIVE."""
    revision: str
    """ARN of the task definition that the service is set to."""
    desired: int
    pending: int
    running: int
    deployments: tuple[DeploymentState, ...] = ()
    events: tuple[ServiceEventState, ...] = ()
    controller: str = "ECS"
    """ECS, CODE_DEPLOY or EXTERNAL."""
    managed_by: str = "CUSTOMER"
    """Who manages it: CUSTOMER, or ECS for a service of ECS Express Mode."""
    scheduling: str = "REPLICA"
    """REPLICA or DAEMON."""
    strategy: str = "ROLLING"
    """ROLLING, BLUE_GREEN, LINEAR or CANARY."""
    traffic: TrafficPlan | None = None
    """How it shifts traffic; None if it shifts none."""
    minimum_healthy_percent: int | None = None
    maximum_percent: int | None = None
    health_check_grace_seconds: int = 0
    """How long ECS ignores the load balancer's health checks of a new task (seconds)."""
    launch_type: str = ""
    run_task_settings: dict[str, Any] = field(default_factory=dict)
    """Where and how its tasks run, as RunTask takes it: network configuration, launch type or capacity
    providers, platform version, placement."""
    tags: dict[str, str] = field(default_factory=dict)
    endpoints: Endpoints = Endpoints()
    service_deployment: str = ""
    """ARN of the service deployment that it is in, or was in last; empty if ECS does not say."""

    @property
    def primary(self) -> DeploymentState | None:
        """The deployment that ECS is moving the service to."""
        return next((d for d in self.deployments if d.status == "PRIMARY"), None)

    @property
    def running_by_revision(self) -> dict[str, int]:
        """Running tasks (count) of each revision that has some."""
        counts: dict[str, int] = {}
        for deployment in self.deployments:
            if deployment.running:
                counts[deployment.revision] = counts.get(deployment.revision, 0) + deployment.running
        return counts

    def find_deployment(self, deployment_id: str | None) -> DeploymentState | None:
        """The deployment with this id; None if the service does not list it (any more)."""
        return next((d for d in self.deployments if d.id == deployment_id), None)


@dataclass(frozen=True)
class HookState:
    """One lifecycle hook that a service deployment has started."""

    id: str
    status: str
    """AWAITING_ACTION, IN_PROGRESS, SUCCEEDED, FAILED or TIMED_OUT."""
    target: str = ""
    """PAUSE or AWS_LAMBDA."""
    expires_at: float | None = None
    timeout_action: str = "ROLLBACK"
    """What ECS does when the hook times out: CONTINUE or ROLLBACK."""
    lambda_arn: str = ""
    """ARN of the Lambda function; empty for a PAUSE hook."""

    @property
    def causes_rollback(self) -> bool:
        """Whether ECS rolls back because of it."""
        return self.status == "FAILED" or (self.status == "TIMED_OUT" and self.timeout_action == "ROLLBACK")


@dataclass(frozen=True)
class ServiceDeploymentState:
    """One service deployment (DescribeServiceDeployments)."""

    arn: str
    status: str
    """SUCCESSFUL, ROLLBACK_SUCCESSFUL, IN_PROGRESS, ... of the enum ServiceDeploymentStatus."""
    number: str = ""
    """The N of the deployment that it rolls out, `ecs-svc/N`: its target service revision ends in it."""
    reason: str = ""
    stage: str = ""
    created_at: float = 0.0
    breaker_status: str = ""
    breaker_failures: int = 0
    breaker_threshold: int = 0
    rollback_reason: str = ""
    production_percent: float | None = None
    """Percent of production traffic that the target revision is to get; None if ECS does not say."""
    test_percent: float | None = None
    """The same for test traffic."""
    source_production_percent: float | None = None
    """Percent of production traffic that the source revisions are to keep together; None if ECS does not say.
    """
    hooks: tuple[HookState, ...] = ()
    alarm_status: str = ""
    """TRIGGERED, MONITORING, MONITORING_COMPLETE or DISABLED."""
    alarms_triggered: tuple[str, ...] = ()


@dataclass(frozen=True)
class ContainerState:
    """One container of a task."""

    name: str
    last_status: str = ""
    exit_code: int | None = None
    reason: str = ""
    image: str = ""
    digest: str = ""
    health: str = ""
    runtime_id: str = ""
    """Its id in the container runtime; it names the log stream if no stream prefix is set."""
    essential: bool | None = None
    """Whether the task stops when it stops; None if its task definition was not read."""
    has_health_check: bool | None = None
    """Whether its task definition gives it a health check; None if that was not read."""


@dataclass(frozen=True)
class TaskState:
    """One task (DescribeTasks)."""

    arn: str
    last_status: str
    """PROVISIONING ... STOPPED."""
    desired_status: str
    revision: str
    started_by: str = ""
    stop_code: str = ""
    stopped_reason: str = ""
    created_at: float | None = None
    started_at: float | None = None
    stopping_at: float | None = None
    stopped_at: float | None = None
    containers: tuple[ContainerState, ...] = ()
    protected: bool = False
    """Whether it is protected from scale-in, if that was read."""

    @property
    def is_running(self) -> bool:
        """Whether it runs and is not being stopped."""
        return self.last_status == self.desired_status == "RUNNING"

    @property
    def possibly_essential_containers(self) -> tuple[ContainerState, ...]:
        """Its containers without those that are known not to be essential; if none is left, all of them."""
        return tuple(each for each in self.containers if each.essential is not False) or self.containers

    @property
    def id(self) -> str:
        """The last part of the ARN, which the console shows."""
        return short_arn(self.arn)


@dataclass(frozen=True)
class RevisionState:
    """A revision of a task definition, with its tags."""

    arn: str
    family: str
    number: int
    status: str
    """ACTIVE, INACTIVE or DELETE_IN_PROGRESS."""
    raw: dict[str, object]
    """The `taskDefinition` of the answer, unchanged. It may hold secrets: never log or post it."""
    tags: tuple[tuple[str, str], ...] = ()
    unknown_fields: tuple[str, ...] = ()
    """Paths of fields that this boto3 does not know and drops: `raw` does not have them, nor would a copy."""


@dataclass(frozen=True)
class EcrImageState:
    """An image in ECR."""

    digest: str
    tags: tuple[str, ...] = ()
    pushed_at: float | None = None
    size_bytes: int | None = None
    """Compressed, as it is pulled; for an index of several platforms that of the largest (bytes)."""
