"""The next move of a rolling update. Pure: counts in, counts out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RollingCounts:
    """Task counts of a service. "Live" tasks have the desired status RUNNING; "healthy" ones pass their
    checks."""

    desired_count: int
    min_healthy: int
    """The healthy tasks that must be kept."""
    max_live: int
    """The live tasks that there may be."""
    new_live: int
    new_healthy: int
    old_live: int
    old_healthy: int
    may_start: bool = True
    halted: bool = False
    """The deployment starts no more tasks and stops no old ones."""


@dataclass(frozen=True)
class RollingMove:
    start_new: int = 0
    stop_new: int = 0
    stop_old_unhealthy: int = 0
    stop_old_healthy: int = 0


def is_blocked(counts: RollingCounts) -> bool:
    """Whether the percentages block the deployment.

    There is no room for another task, none may be stopped, and no task is starting or stopping, which could
    change that.
    """
    c = counts
    healthy = c.new_healthy + c.old_healthy
    all_healthy = healthy == c.new_live + c.old_live
    missing = c.new_live < c.desired_count
    return missing and all_healthy and not c.halted and c.may_start and c.max_live <= healthy <= c.min_healthy


def next_move(counts: RollingCounts) -> RollingMove:
    """Start as many new tasks as there is room for, and stop as many old ones as health allows.

    Healthy old tasks are stopped if healthy new ones replace them, or if there is no room for another task;
    never below `min_healthy`.
    """
    c = counts
    live = c.new_live + c.old_live
    if c.halted and c.desired_count > 0:
        return RollingMove()
    stop_new = max(0, c.new_live - c.desired_count)
    missing = max(0, c.desired_count - c.new_live)
    start = min(missing, max(0, c.max_live - live)) if c.may_start else 0
    replaced = c.old_healthy - max(0, c.desired_count - c.new_healthy)
    in_the_way = missing - max(0, c.max_live - live) if c.may_start else 0
    above_minimum = c.new_healthy + c.old_healthy - c.min_healthy
    stop_old = max(0, min(max(replaced, in_the_way), c.old_healthy, above_minimum))
    return RollingMove(start, stop_new, c.old_live - c.old_healthy, stop_old)
