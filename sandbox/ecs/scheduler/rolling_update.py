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
    s = counts
    healthy = s.new_healthy + s.old_healthy
    settled = healthy == s.new_live + s.old_live
    missing = s.new_live < s.desired_count
    return missing and settled and not s.halted and s.may_start and s.max_live <= healthy <= s.min_healthy


def next_move(counts: RollingCounts) -> RollingMove:
    """Start as many new tasks as there is room for, and stop as many old ones as health allows.

    Healthy old tasks are stopped if healthy new ones replace them, or if there is no room for another task;
    never below `min_healthy`.
    """
    s = counts
    live = s.new_live + s.old_live
    if s.halted and s.desired_count > 0:
        return RollingMove()
    stop_new = max(0, s.new_live - s.desired_count)
    missing = max(0, s.desired_count - s.new_live)
    start = min(missing, max(0, s.max_live - live)) if s.may_start else 0
    replaced = s.old_healthy - max(0, s.desired_count - s.new_healthy)
    in_the_way = missing - max(0, s.max_live - live) if s.may_start else 0
    spare = s.new_healthy + s.old_healthy - s.min_healthy
    stop_old = max(0, min(max(replaced, in_the_way), s.old_healthy, spare))
    return RollingMove(start, stop_new, s.old_live - s.old_healthy, stop_old)
