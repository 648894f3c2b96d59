"""What was read of a service: what to bring back, the tasks still alive, the counts of its rollout."""

from __future__ import annotations

from deploys.frozen import Frozen


class Original(Frozen):
    """What a stop-start deploy brings back on every way out. Written before the service is stopped."""

    revision: str
    desired_count: int
    task_arns: tuple[str, ...]


class TaskAlive(Frozen):
    """An old task that has not stopped yet."""

    task_id: str
    last_status: str
    since: float | None = None
    """When it began to stop (epoch seconds), where ECS says so."""
    asked: bool = True
    """Whether ECS asked it to stop; it does not ask protected tasks."""
    protected: bool = False
    """Protected from scale-in."""
    protected_until: float | None = None
    """When that ends by itself (epoch seconds)."""


class Rollout(Frozen):
    """Counts of the rollout as last observed (tasks)."""

    new_desired: int = 0
    new_pending: int = 0
    new_running: int = 0
    old_pending: int = 0
    old_running: int = 0
    failed_tasks: int = 0
    breaker_threshold: int = 0
    """Failures after which ECS's circuit breaker trips; 0 where there is none."""
    status: str = ""
    """ECS's own word: the service deployment's status or the deployment's rolloutState."""
