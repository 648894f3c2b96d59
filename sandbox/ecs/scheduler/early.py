"""earlySuccessCriteria: a rolling deployment is successful before all of its tasks are healthy.

Amazon ECS API reference, DeploymentEarlySuccessCriteria: ECS goes on to full scale in the background, and
removes the old tasks before that (BLOCKING) or after it (DEFERRED).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from sandbox.ecs.records import Deployment, Service, Task
from sandbox.ecs.scheduler import staffing


def enough(service: Service, primary: Deployment, new: Sequence[Task], tasks: Sequence[Task]) -> bool:
    """Whether the deployment in progress may be called successful although more is to be done."""
    criteria = service.configuration.get("earlySuccessCriteria", {})
    if not criteria.get("enable") or primary.halted or primary.rollout_state != "IN_PROGRESS":
        return False
    if staffing.healthy(new) < max(1, ceil(service.desired_count * criteria["healthyPercent"] / 100)):
        return False
    old = [task for task in tasks if task.deployment != primary.id and (task.live or task.draining)]
    return criteria["sourceServiceRevisionCleanup"] == "DEFERRED" or not old
