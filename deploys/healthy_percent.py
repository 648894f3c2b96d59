"""Whether ECS can replace the tasks of a service within its minimum healthy and maximum percent. Pure.

Of the desired count, minimumHealthyPercent is rounded up and maximumPercent is rounded down (ECS API
reference, DeploymentConfiguration). If the first leaves no task that may be stopped, and the second no room
for one more, a rollout never moves: ECS says "was unable to stop or start tasks during a deployment because
of the service deployment configuration" (developer guide, "Service event messages"), and goes on trying.

- REPLICA and DAEMON services are counted alike. The desired count of a DAEMON service is that of its
  instances, and ECS refuses a maximumPercent above 100 for it.
- A stop-start deploy sets the desired count to 0 first, which the percentages do not hold up, and its new
  tasks start from none: there is room for all of them.
- BLUE_GREEN, LINEAR and CANARY start a full second set of tasks beside the first, whatever the percentages.
"""

from __future__ import annotations

from dataclasses import dataclass

from deploys.records.plan import Plan
from deploys.records.restore_point import ALL_SUSPENDED


@dataclass(frozen=True)
class TaskLimits:
    """How many tasks a rolling update may leave and have."""

    desired: int
    minimum_percent: int
    maximum_percent: int

    @property
    def min_healthy(self) -> int:
        """Healthy tasks that have to be left (count)."""
        return -(-self.desired * self.minimum_percent // 100)

    @property
    def max_tasks(self) -> int:
        """Running and pending tasks that there may be (count)."""
        return self.desired * self.maximum_percent // 100

    @property
    def blocked(self) -> bool:
        """Whether no task may be stopped and none started while all of them are healthy."""
        return 0 < self.desired <= self.min_healthy and self.max_tasks <= self.desired

    @property
    def minimum_that_works(self) -> int:
        """The highest minimumHealthyPercent with which one task may be stopped first."""
        return 100 * (self.desired - 1) // self.desired

    @property
    def maximum_that_works(self) -> int:
        """The lowest maximumPercent with which one task may be started first."""
        return -(-100 * (self.desired + 1) // self.desired)


def limits_blocked_at_minimum(plan: Plan) -> TaskLimits | None:
    """The limits at the lowest count that Application Auto Scaling may set, if ECS could not replace the
    tasks at that count; None if it could, or if nothing scales the service in.
    """
    scaling = plan.scaling
    if plan.downtime or plan.traffic is not None or scaling is None or scaling.unknown_reason:
        return None
    if scaling.suspended_before == ALL_SUSPENDED:
        return None
    limits = task_limits(max(1, scaling.minimum), plan.minimum_healthy_percent, plan.maximum_percent)
    return limits if limits is not None and limits.blocked and limits.desired < plan.desired_count else None


def task_limits(desired: int, minimum: int | None, maximum: int | None) -> TaskLimits | None:
    """None where ECS does not tell the percentages."""
    return None if minimum is None or maximum is None else TaskLimits(desired, minimum, maximum)
