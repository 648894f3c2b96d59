"""A version whose tasks fail one after another is given up before its deadline, with ECS's circuit breaker or
without.

ECS's own count of failed tasks is no help: it stops as soon as one task has run for a moment (ECS API
reference, Deployment `failedTasks`), and without the breaker ECS starts tasks for ever. So the tasks
themselves are counted: those that failed in a row, without one that stayed healthy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deploys.deploy import Deploy
from workers.ecs import tasks
from workers.ecs.failed_tasks import failed, healthy_at, lifetime, stopped_at
from workers.ecs.seen import ServiceDeploymentSeen, ServiceSeen, TaskSeen
from workers.flows.best_effort import best_effort
from workers.flows.evidence import known
from workers.turn import Turn

BREAKER_SECONDS = 30.0
"""What ECS's circuit breaker gets to act once as many tasks have failed as it takes."""


@dataclass(frozen=True)
class Failures:
    """The tasks of a rollout that failed in a row, as of one look."""

    times: tuple[float, ...] = ()
    """When each of them began to stop (epoch seconds), in that order."""
    holding: int = 0
    """Tasks that speak for the version: they stayed healthy, or have outlived those that failed (count)."""

    def enough(self, limit: int) -> bool:
        """Whether the version is to be given up: many tasks that run outweigh a few that fail."""
        return limit > 0 and len(self.times) >= max(limit, self.holding + 1)


def in_a_row(of_rollout: Sequence[TaskSeen], now: float, grace_seconds: float = 0.0) -> Failures:
    """The failures since a task last stayed healthy, out of all tasks of a rollout. Pure."""
    moments = [at for task in of_rollout if (at := healthy_at(task, now, grace_seconds)) is not None]
    last_healthy = max(moments, default=0.0)
    dead = [task for task in of_rollout if failed(task) and stopped_at(task) > last_healthy]
    longest = max((lifetime(task, stopped_at(task)) for task in dead), default=0.0)
    holding = [
        task
        for task in of_rollout
        if task.desired_status == "RUNNING"
        and (healthy_at(task, now, grace_seconds) is not None or lifetime(task, now) > longest)
    ]
    return Failures(tuple(sorted(map(stopped_at, dead))), len(holding))


def left_to_the_breaker(
    failures: Failures, limit: int, own: ServiceDeploymentSeen | None, now: float
) -> bool:
    """Whether ECS's circuit breaker is about to do the same. Pure."""
    if (
        own is None
        or own.breaker_status != "MONITORING"
        or not 0 < own.breaker_threshold <= len(failures.times)
    ):
        return False
    reached = failures.times[max(limit, own.breaker_threshold) - 1 :]
    return not reached or now - reached[0] < BREAKER_SECONDS


def to_be_given_up(
    deploy: Deploy,
    turn: Turn,
    seen: ServiceSeen | None,
    own: ServiceDeploymentSeen | None,
    stopped: Sequence[TaskSeen],
) -> int:
    """How many tasks failed in a row, if that is enough to give the version up; else 0.

    stopped: those of the rollout. The ones that run are asked for only if enough of these failed; if they
    cannot be read, nothing is decided.
    """
    limit, now = deploy.service.give_up_after, turn.now()
    if seen is None or not in_a_row(stopped, now, seen.grace_seconds).enough(limit):
        return 0
    alive = best_effort(lambda: _alive(deploy, turn), None)
    if alive is None:
        return 0
    by_arn = {task.arn: task for task in (*alive, *stopped)}
    failures = in_a_row(tuple(by_arn.values()), now, seen.grace_seconds)
    if not failures.enough(limit) or left_to_the_breaker(failures, limit, own, now):
        return 0
    return len(failures.times)


def _alive(deploy: Deploy, turn: Turn) -> tuple[TaskSeen, ...]:
    """The rollout's tasks that run."""
    service = deploy.service
    alive = tasks.of_service(turn.region, service.cluster, service.ecs_service, stopped=False)
    return known(turn, [task for task in alive if task.started_by == deploy.deployment_id])
