"""What the store hands out: what became of a request, what is due, and the right to move a deploy."""

from __future__ import annotations

import time
from dataclasses import dataclass

from deploys.errors import LeaseTooShort
from deploys.records.deploy import Deploy


@dataclass(frozen=True)
class Submission:
    """What became of a request."""

    deploy: Deploy
    ahead: int
    """Deploys in front of it in its service's line (count)."""
    is_duplicate: bool
    """The same tag is already under way; `deploy` is that one."""


@dataclass(frozen=True)
class DueDeploy:
    """A deploy that waits for its bell."""

    deploy_id: str
    job: str
    at: float
    """Since when it is due (epoch seconds)."""


@dataclass(frozen=True)
class Claim:
    """One worker's right to move one deploy until the lease runs out."""

    deploy: Deploy
    fence: int
    token: str
    claimed_at: float
    """On the monotonic clock of this process."""
    lease_seconds: float

    def seconds_left(self) -> float:
        """Seconds of the lease that are left."""
        return self.lease_seconds - (time.monotonic() - self.claimed_at)

    def guard(self, worst_seconds: float) -> None:
        """Call before each change in AWS, with the longest that the call can take (seconds).

        ECS cannot check a fence, so a call that might outlive the lease is not made.

        Raises:
            LeaseTooShort: the lease could run out during the call.
        """
        if self.seconds_left() <= worst_seconds:
            raise LeaseTooShort(id=self.deploy.id)
