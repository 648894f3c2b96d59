"""What the store hands out: what became of a request, what is due, and the right to move a deploy."""

from __future__ import annotations

import time
from dataclasses import dataclass

from deploys.deploy import Deploy
from deploys.errors import LeaseTooShort


@dataclass(frozen=True)
class Asked:
    """What became of a request."""

    deploy: Deploy
    ahead: int
    """Deploys in front of it in its service's line (count)."""
    existing: bool
    """The same tag is already under way; `deploy` is that one."""


@dataclass(frozen=True)
class Due:
    """A deploy that waits for its bell."""

    deploy_id: str
    bell: str
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

    def left(self) -> float:
        """Seconds of the lease that are left."""
        return self.lease_seconds - (time.monotonic() - self.claimed_at)

    def guard(self, worst_seconds: float) -> None:
        """Call before each change in AWS, with the longest that the call can take (seconds).

        ECS cannot check a fence, so a call that might outlive the lease is not made.

        Raises:
            LeaseTooShort: the lease could run out during the call.
        """
        if self.left() <= worst_seconds:
            raise LeaseTooShort(id=self.deploy.id)
