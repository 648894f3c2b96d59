"""Where a service is on its way to another desired count: a pure function of what ECS shows."""

from __future__ import annotations

from enum import Enum

from deploys.records.count_change import CountChange
from deploys.records.deploy import Deploy
from deploys.records.rollout import RolloutCounts
from workers.ecs.state import ServiceState

STEADY_STATE = "has reached a steady state"
"""In a service event: ECS sends it once the service is healthy and has the desired number of tasks (ECS
developer guide, "Service event messages")."""


class CountStatus(Enum):
    """Where the service is, given the count that it is to have."""

    REACHED = "reached"  # as many tasks run, and none is starting
    UNDER_WAY = "under way"  # the count is set, tasks start or stop
    MOVED = "moved"  # the desired count is another one


def judge_count(ecs_service: ServiceState, count: int) -> CountStatus:
    """Where it is on its way to this count (tasks)."""
    if ecs_service.desired != count:
        return CountStatus.MOVED
    reached = ecs_service.running == count and not ecs_service.pending
    return CountStatus.REACHED if reached else CountStatus.UNDER_WAY


def is_steady(ecs_service: ServiceState, since: float) -> bool:
    """Whether ECS has called the service steady since then (epoch seconds)."""
    return any(each.at >= since and STEADY_STATE in each.message for each in ecs_service.events)


def count_tasks(ecs_service: ServiceState, failed: int = 0) -> RolloutCounts:
    """The service's tasks, whatever their revision. failed: new ones that failed."""
    return RolloutCounts(
        new_desired=ecs_service.desired,
        new_running=ecs_service.running,
        new_pending=ecs_service.pending,
        failed_tasks=failed,
    )


def required_change(deploy: Deploy) -> CountChange:
    """The change that was asked for. Every deploy with the verb SCALE has one."""
    if deploy.count_change is None:
        raise ValueError(f"deploy {deploy.id} scales to no count")
    return deploy.count_change
