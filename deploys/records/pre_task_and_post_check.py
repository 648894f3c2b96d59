"""The one-off task before the rollout, as far as it came.

How the check after the rollout goes.
"""

from __future__ import annotations

from enum import StrEnum

from deploys.records.quote import Prose
from deploys.records.record import Record
from deploys.redaction import Redacted


class StopCause(StrEnum):
    """Why Slipway asked ECS to stop the task."""

    NOT_ASKED = ""
    DONE = "done"  # its container has exited; only others of the task still ran
    OVERDUE = "overdue"  # its deadline was over
    CANCELLED = "cancelled"  # a person cancelled the deploy


class PreTaskRun(Record):
    """One task that runs before the rollout. Written before ECS is asked for it."""

    container: str
    """The container that runs the command and whose exit code decides."""
    requested_at: float | None = None
    """When ECS was first asked for it with the present token (epoch seconds). None: ECS refused."""
    request_unanswered: bool = False
    """A request with the present token got no answer, so it may have started the task."""
    token_number: int = 1
    """Number of the present token. It rises only once ECS has refused every request with the last one."""
    no_capacity: Redacted = ""
    """ECS's words when it could not place the task last."""
    task_arn: str | None = None
    status: str = ""
    """The task's lastStatus at the last read."""
    stop_cause: StopCause = StopCause.NOT_ASKED
    stop_requested_at: float | None = None
    exit_code: int | None = None
    """The container's exit code; None while it runs, or if it never ran."""
    ended_at: float | None = None
    """When its end was read (epoch seconds)."""

    @property
    def started(self) -> bool:
        """Whether the task was started, or may have been."""
        return self.task_arn is not None or self.requested_at is not None

    @property
    def succeeded(self) -> bool:
        """Whether it has ended well."""
        return self.ended_at is not None and self.exit_code == 0


class PostCheckRun(Record):
    """What the looks so far have shown."""

    requests: int = 0
    """Requests to the address (count)."""
    successes: int = 0
    """Those answered with a 2xx status (count)."""
    consecutive_failures: int = 0
    """Those that were not, one after another up to now (count)."""
    last_failure: Redacted = ""
    """What the last of them got instead, in words."""
    alarm_reads: int = 0
    """Times all alarms were read (count)."""
    alarm_read_error: Prose = ""
    """Why the alarms could not be read at the last look. Empty: they could, or there are none."""
