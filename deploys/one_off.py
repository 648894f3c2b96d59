"""The one-off task before the rollout, as far as it came."""

from __future__ import annotations

from enum import StrEnum

from deploys.frozen import Frozen


class StopWhy(StrEnum):
    """Why Slipway asked ECS to stop the task."""

    NOT_ASKED = ""
    DONE = "done"  # its container has exited; only others of the task still ran
    OVERDUE = "overdue"  # its deadline was over
    CANCELLED = "cancelled"  # a person cancelled the deploy


class OneOff(Frozen):
    """One task that runs before the rollout. Written before ECS is asked for it."""

    container: str
    """The container that runs the command and whose exit code decides."""
    asked_at: float | None = None
    """When ECS was first asked for it with the present token (epoch seconds). None: ECS said no to that."""
    unanswered: bool = False
    """A request with the present token got no answer, so it may have started the task."""
    tokens: int = 1
    """Names the present token; a new one only once ECS has said no to every request with the last (count)."""
    no_room: str = ""
    """ECS's words when it could not place the task last."""
    task_arn: str | None = None
    status: str = ""
    """The task's lastStatus as last seen."""
    stop_why: StopWhy = StopWhy.NOT_ASKED
    stop_asked_at: float | None = None
    exit_code: int | None = None
    """The container's exit code; None while it has none, or where it never ran."""
    over_at: float | None = None
    """When its end was seen (epoch seconds)."""

    @property
    def started(self) -> bool:
        """Whether the task was started, or may have been."""
        return self.task_arn is not None or self.asked_at is not None

    @property
    def succeeded(self) -> bool:
        """Whether it has ended well."""
        return self.over_at is not None and self.exit_code == 0
