"""What `/deploy scale` asks for: another desired count."""

from __future__ import annotations

from deploys.records.record import Record

MAX_COUNT = 5000
"""The most tasks of a service (Amazon ECS service quotas, "Tasks per service")."""


class CountChange(Record):
    """The desired count before and after (tasks)."""

    wanted: int
    before: int | None = None
    """As the plan found it; None: there is no plan yet."""
    scaled_at: float | None = None
    """When ECS accepted the change (epoch seconds)."""

    @property
    def is_up(self) -> bool:
        """Whether tasks have to be started."""
        return self.wanted > (self.before or 0)
