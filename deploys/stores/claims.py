"""What the store returns: the result of a request, what is due, and the right to take a deploy's next
step."""

from __future__ import annotations

from dataclasses import dataclass, field

from deploys.records.deploy import Deploy
from deploys.stores.claim_holder import uptime


@dataclass(frozen=True)
class Submission:
    """The result of a request."""

    deploy: Deploy
    ahead: int
    """Deploys before it in its service's queue (count)."""
    is_duplicate: bool
    """The same was asked for already and is in progress; `deploy` is that one."""
    queue: QueueRead | None = None
    """What was read with it of the queue in which it waits."""


@dataclass(frozen=True)
class QueueRead:
    """One read of what a deploy waits for."""

    ahead: tuple[Deploy, ...]
    """Those before it in its queue, the active one first."""
    recent: tuple[Deploy, ...]
    """The newest deploys of its service, newest first."""


@dataclass(frozen=True)
class QueuesRead:
    """One read of what several deploys wait for."""

    records: dict[str, Deploy]
    """Those deploys and all that are named below, by id, as far as there are records."""
    ids: dict[str, list[str]] = field(default_factory=dict)
    """Of each queue (`Deploy.queue`), the active one first."""
    recent: dict[str, list[Deploy]] = field(default_factory=dict)
    """The newest deploys of each service in whose queue one of them waits, newest first."""


@dataclass(frozen=True)
class Room:
    """How many requests may be in progress, so that nobody need look whether there is room (count)."""

    of_each_service: int
    of_requester: int


@dataclass(frozen=True)
class DueDeploy:
    """A deploy whose next step is due, and which no living process has claimed."""

    deploy_id: str
    job: str
    at: float
    """Since when it is due (epoch seconds)."""
    requested_at: float
    """When it was asked for (epoch seconds), by which several are ordered; 0 of one that is due alone."""
    left_claim: str = ""
    """Token of the claim of a process that died; empty if there is none."""


@dataclass(frozen=True)
class Claim:
    """One worker's right to take one deploy's next step, until the lease runs out, or until another takes it
    because this process seems dead (`deploys.stores.claim_holder`)."""

    deploy: Deploy
    fence: int
    token: str
    claimed_at: float
    """By `uptime`."""
    lease_seconds: float
    late_seconds: float = 0.0
    """How long the step had been due (seconds)."""

    def seconds_left(self) -> float:
        """Seconds until the lease runs out."""
        return self.lease_seconds - (uptime() - self.claimed_at)


@dataclass(frozen=True)
class UnchangedStep:
    """A step that left the record as its claim has it. Only its deploy's time changes."""

    claim: Claim
    due_at: float
    """Of the next step (epoch seconds)."""
    job: str
    """That takes the next step."""
