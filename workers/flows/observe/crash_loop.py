"""A version whose tasks fail one after another is given up before its deadline, with or without ECS's circuit
breaker.

ECS's own count of failed tasks does not help: it stops as soon as one task has run for a moment (ECS API
reference, Deployment `failedTasks`), and without the breaker ECS starts tasks for ever. So the tasks
themselves are counted: those that failed in a row, without one that stayed healthy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deploys.records.deploy import Deploy
from workers.ecs import tasks
from workers.ecs.reasons.failed_tasks import (
    counts_as_failed,
    lifetime_seconds,
    proven_healthy_at,
    stop_began_at,
)
from workers.ecs.state import ServiceDeploymentState, ServiceState, TaskState
from workers.flows.best_effort import best_effort
from workers.flows.observe.failure_evidence import with_essential_containers
from workers.step_context import StepContext

BREAKER_GRACE_SECONDS = 30.0
"""How long ECS's circuit breaker has to act once enough tasks for it have failed (seconds)."""


@dataclass(frozen=True)
class TaskFailures:
    """The tasks of a rollout that failed in a row, as of one read."""

    stopped_at: tuple[float, ...] = ()
    """When each of them began to stop (epoch seconds), in that order."""
    healthy: int = 0
    """Tasks that stayed healthy, or have run longer than those that failed (count)."""

    def reach(self, limit: int) -> bool:
        """Whether to give the version up: many running tasks outweigh a few failed ones."""
        return limit > 0 and len(self.stopped_at) >= max(limit, self.healthy + 1)


def consecutive_failures(
    rollout_tasks: Sequence[TaskState], now: float, grace_seconds: float = 0.0
) -> TaskFailures:
    """The failures since a task last stayed healthy, out of all tasks of a rollout. Pure."""
    healthy_times = [
        at for task in rollout_tasks if (at := proven_healthy_at(task, now, grace_seconds)) is not None
    ]
    last_healthy = max(healthy_times, default=0.0)
    failures = [
        task for task in rollout_tasks if counts_as_failed(task) and stop_began_at(task) > last_healthy
    ]
    longest_lifetime = max((lifetime_seconds(task, stop_began_at(task)) for task in failures), default=0.0)
    holding = [
        task
        for task in rollout_tasks
        if task.desired_status == "RUNNING"
        and (
            proven_healthy_at(task, now, grace_seconds) is not None
            or lifetime_seconds(task, now) > longest_lifetime
        )
    ]
    return TaskFailures(tuple(sorted(map(stop_began_at, failures))), len(holding))


def will_breaker_act(
    failures: TaskFailures, limit: int, service_deployment: ServiceDeploymentState | None, now: float
) -> bool:
    """Whether ECS's circuit breaker is about to give the version up itself. Pure."""
    if (
        service_deployment is None
        or service_deployment.breaker_status != "MONITORING"
        or not 0 < service_deployment.breaker_threshold <= len(failures.stopped_at)
    ):
        return False
    reached = failures.stopped_at[max(limit, service_deployment.breaker_threshold) - 1 :]
    return not reached or now - reached[0] < BREAKER_GRACE_SECONDS


def count_crash_loop(
    deploy: Deploy,
    context: StepContext,
    ecs_service: ServiceState | None,
    service_deployment: ServiceDeploymentState | None,
    stopped: Sequence[TaskState],
) -> int:
    """How many tasks failed in a row, if that is enough to give the version up; else 0.

    stopped: those of the rollout. The running ones are read only if enough of these failed; if they cannot be
    read, nothing is decided.
    """
    limit, now = deploy.service.give_up_after, context.now()
    if ecs_service is None or not consecutive_failures(
        stopped, now, ecs_service.health_check_grace_seconds
    ).reach(limit):
        return 0
    running = best_effort(lambda: _read_running_tasks(deploy, context), None)
    if running is None:
        return 0
    by_arn = {task.arn: task for task in (*running, *stopped)}
    failures = consecutive_failures(tuple(by_arn.values()), now, ecs_service.health_check_grace_seconds)
    if not failures.reach(limit) or will_breaker_act(failures, limit, service_deployment, now):
        return 0
    return len(failures.stopped_at)


def _read_running_tasks(deploy: Deploy, context: StepContext) -> tuple[TaskState, ...]:
    """The running tasks of the rollout."""
    service = deploy.service
    running = tasks.list_service_tasks(context.region, service.cluster, service.ecs_service, stopped=False)
    return with_essential_containers(
        context, [task for task in running if task.started_by == deploy.ecs.deployment_id]
    )
