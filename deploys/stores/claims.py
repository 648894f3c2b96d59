"""What the store returns: the result of a request, what is due, and the right to take a deploy's next
step."""

from __future__ import annotations

import time
from dataclasses import dataclass

from deploys.errors import LeaseTooShort
from deploys.records.deploy import Deploy


@dataclass(frozen=True)
class Submission:
    """The result of a request."""

    deploy: Deploy
    ahead: int
    """Deploys before it in its service's queue (count)."""
    is_duplicate: bool
    """The same was asked for already and is in progress; `deploy` is that one."""


@dataclass(frozen=True)
class DueDeploy:
    """A deploy whose next step is due."""

    deploy_id: str
    job: str
    at: float
    """Since when it is due (epoch seconds)."""


@dataclass(frozen=True)
class Claim:
    """One worker's right to take one deploy's next step, until the lease runs out."""

    deploy: Deploy
    fence: int
    token: str
    claimed_at: float
    """On the monotonic clock of this process."""
    lease_seconds: float
    late_seconds: float = 0.0
    """How long the step had been due (seconds)."""

    def seconds_left(self) -> float:
        """Seconds until the lease runs out."""
        return self.lease_seconds - (time.monotonic() - self.claimed_at)

    def guard(self, worst_seconds: float) -> None:
        """Call before each change in AWS, with the longest that the call can take (seconds).

        ECS cannot check a fence, so a call that might outlive the lease is not made.

        Raises:
            LeaseTooShort: the lease could run out during the call.
        """
        if self.seconds_left() <= worst_seconds:
            raise LeaseTooShort(id=self.deploy.id)
