"""What task records prove about a stop-start deploy. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from workers.ecs.state import TaskState


def measure_overlap(old: Sequence[TaskState], new: Sequence[TaskState]) -> float | None:
    """How long a new task ran while an old one had not stopped (seconds); infinite while one is alive.

    None when strict order held.
    """
    if not new or not old:
        return None
    starts = [task.started_at for task in new if task.started_at is not None]
    if not starts:
        return None
    first = min(starts)
    if any(task.stopped_at is None for task in old):
        return float("inf")
    beside = max(task.stopped_at or 0.0 for task in old) - first
    return beside if beside > 0 else None


def find_serving_since(new: Sequence[TaskState], count: int) -> float | None:
    """When the full count was running: the moment the last of the first `count` tasks started."""
    running = [task for task in new if task.last_status == "RUNNING"]
    starts = sorted(task.started_at for task in running if task.started_at is not None)
    return starts[count - 1] if count and len(starts) >= count else None
