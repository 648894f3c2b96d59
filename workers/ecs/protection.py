"""Scale-in protection of tasks: ECS stops no protected task until its protection ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workers.ecs.batches import in_batches
from workers.ecs.calls import aws_call
from workers.ecs.session import Region

_AT_ONCE = 100
"""GetTaskProtection takes 100 tasks a call."""


@dataclass(frozen=True)
class Protection:
    """Whether a task is protected, and for how long."""

    enabled: bool
    until: float | None = None
    """When it ends by itself (epoch seconds)."""


def of_tasks(region: Region, cluster: str, arns: Sequence[str]) -> dict[str, Protection]:
    """The protection of tasks by ARN. A task that is stopping, or gone, is absent: ECS answers for tasks that
    run for a service alone (ECS API reference, GetTaskProtection).

    Raises the errors of `aws_call`.
    """
    found: dict[str, Protection] = {}
    for batch in in_batches(arns, _AT_ONCE):
        with aws_call("ecs:GetTaskProtection"):
            answer = region.ecs.get_task_protection(cluster=cluster, tasks=batch)
        for task in answer["protectedTasks"]:
            until = task.get("expirationDate")
            found[task.get("taskArn", "")] = Protection(
                enabled=task.get("protectionEnabled", False),
                until=until.timestamp() if until else None,
            )
    return found
