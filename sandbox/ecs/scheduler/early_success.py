"""earlySuccessCriteria: a rolling deployment is successful before all of its tasks are healthy.

Amazon ECS API reference, DeploymentEarlySuccessCriteria: ECS goes on to full scale in the background, and
removes the old tasks before that (BLOCKING) or after it (DEFERRED).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from sandbox.ecs.records import Deployment, EcsService, EcsTask
from sandbox.ecs.scheduler import task_counts


def is_early_success(
    service: EcsService, primary: Deployment, new: Sequence[EcsTask], tasks: Sequence[EcsTask]
) -> bool:
    """Whether the deployment in progress may be called successful although more is to be done."""
    criteria = service.configuration.get("earlySuccessCriteria", {})
    if not criteria.get("enable") or primary.halted or primary.rollout_state != "IN_PROGRESS":
        return False
    if task_counts.count_healthy(new) < max(
        1, ceil(service.desired_count * criteria["healthyPercent"] / 100)
    ):
        return False
    old = [
        task for task in tasks if task.deployment != primary.id and (task.is_wanted or task.is_deactivating)
    ]
    return criteria["sourceServiceRevisionCleanup"] == "DEFERRED" or not old
