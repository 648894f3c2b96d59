"""One worker's turn at one deploy: what a step may look at, and how it may act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from deploys.batch import Batch
from deploys.claims import Claim
from deploys.deploy import Deploy, Phase
from deploys.errors import NotOnDisk
from deploys.store import Store
from deploys.traffic import HookAction
from workers.ecs.seen import ServiceDeploymentSeen, ServiceSeen
from workers.ecs.session import WORST_CALL_SECONDS, Region

WAY_BACK = frozenset({Phase.RESTORING, Phase.FOLLOWING_BACK, Phase.SETTLING})
REMEMBERED = 200
"""Deploys of a service among which a rollback looks (count)."""


@dataclass(frozen=True)
class Pace:
    """How often and how long (seconds)."""

    lease_seconds: float = 60.0
    """How long one worker may move a deploy before another may."""
    watch_seconds: float = 5.0
    """Between two looks at a rollout."""
    settle_seconds: float = 75.0
    """After the end, until the look that proves it held: longer than a lease."""
    jitter: float = 0.0
    """Share by which short waits are stretched at random, so that deploys do not ask AWS in step (0.1: up to
    a tenth)."""


@dataclass(frozen=True)
class Next:
    """What a step leaves behind."""

    deploy: Deploy
    after: float = 0.0
    """Seconds until its next step; 0 is at once."""


class Gate(Protocol):
    """Access, asked again when it runs: what steps need of `deploys.access.Access`. Its errors are raised."""

    def may_deploy(self, user: str, service_name: str, channel: str) -> None:
        """Whether this person may deploy this service from this channel."""
        ...

    def may_decide(self, user: str, deploy: Deploy) -> None:
        """Whether this person may approve or reject this deploy."""
        ...

    def may_answer(self, user: str, deploy: Deploy, action: HookAction) -> None:
        """Whether this person may answer a pause of this deploy so."""
        ...


class Sights(Protocol):
    """Services and service deployments, read one by one or many a call. They raise those of `aws_call`."""

    def service(self, deploy: Deploy) -> ServiceSeen | None:
        """The deploy's ECS service; None where ECS has none of its name."""
        ...

    def service_deployment(self, deploy: Deploy) -> ServiceDeploymentSeen | None:
        """ECS's record of the rollout that is ours, or is followed; None while ECS shows none.

        Raises ServiceDeploymentsUnavailable.
        """
        ...


class Turn:
    """Passed to every step."""

    def __init__(
        self,
        claim: Claim,
        *,
        store: Store,
        region: Region,
        gate: Gate,
        sights: Sights,
        pace: Pace,
        now: Callable[[], float],
    ) -> None:
        self.claim = claim
        self.region = region
        self.gate = gate
        self.pace = pace
        self._sights = sights
        self._store = store
        self._now = now
        self._on_disk = -1
        """Version of the record that Redis confirmed to be on disk."""
        self._looked_ahead: list[ServiceSeen | None] = []

    def now(self) -> float:
        """The time (epoch seconds)."""
        return self._now()

    def first_in_line(self) -> bool:
        """Whether no other deploy of the service is before this one."""
        deploy = self.claim.deploy
        return self._store.line(deploy.service.name)[:1] == [deploy.id]

    def earlier(self) -> list[Deploy]:
        """The service's deploys before this one, newest first."""
        deploy = self.claim.deploy
        return [each for each in self._store.recent(deploy.service.name, REMEMBERED) if each.id != deploy.id]

    def company(self) -> tuple[Batch, list[Deploy]] | None:
        """The batch it was asked for in, with its deploys; None where they do not mind one another."""
        deploy = self.claim.deploy
        batch = self._store.batch(deploy.batch) if deploy.batch else None
        return (batch, self._store.members(batch)) if batch and batch.mindful else None

    def service(self) -> ServiceSeen | None:
        """The ECS service as it is; None when ECS does not know it."""
        return self._looked_ahead.pop() if self._looked_ahead else self._sights.service(self.claim.deploy)

    def look_ahead(self) -> ServiceSeen | None:
        """The same, before the step: the step's own first look then asks AWS for nothing."""
        self._looked_ahead = [self.service()]
        return self._looked_ahead[0]

    def service_deployment(self) -> ServiceDeploymentSeen | None:
        """ECS's record of our rollout; None while it has none yet.

        Raises:
            ServiceDeploymentsUnavailable: this ECS does not tell.
        """
        return self._sights.service_deployment(self.claim.deploy)

    def write(self, deploy: Deploy) -> Deploy:
        """Writes an intent before it is acted upon. The turn goes on."""
        what = f"about to act: {deploy.phase.value}"
        self.claim = self._store.commit(self.claim, deploy, due_at=self.now(), what=what, keep=True)
        return self.claim.deploy

    def guard(self) -> None:
        """Call right before each call that changes AWS. A role's keys are fetched here where that is due, so
        that the call itself takes no longer than one call can; and the intent has to be on disk, as a Redis
        that loses its last second would otherwise not know of the change.

        The way back does not depend on the disk: a service that stays down is worse than a record that is
        older than what was done, and such a record adopts it.

        Raises:
            NotOnDisk: Redis did not confirm the intent in time.
            LeaseTooShort: it could outlive the lease.
            RoleDenied, AwsError: the service's role could not be assumed.
        """
        self.region.ready()
        if self._on_disk != self.claim.deploy.version:
            self._confirm_on_disk()
        self.claim.guard(WORST_CALL_SECONDS)

    def _confirm_on_disk(self) -> None:
        try:
            self._store.confirm_on_disk()
        except NotOnDisk:
            if self.claim.deploy.phase not in WAY_BACK:
                raise
            return
        self._on_disk = self.claim.deploy.version
