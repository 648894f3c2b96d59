"""What a step gets: the deploy's claim, what it may read, and how it may act."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import structlog

from deploys.access_rules import Action
from deploys.asker import Asker
from deploys.catalogue.service import Service
from deploys.catalogue_drift import refuse_catalogue_drift
from deploys.errors import CommandForgotten, NotOnDisk
from deploys.holds.held_deploys import HoldSource, find_passed_lock, first_hold
from deploys.quoted_texts import with_quotes
from deploys.quoting import quotes_made
from deploys.records.audit_entry import AuditNote
from deploys.records.batch import Batch
from deploys.records.deploy import Deploy
from deploys.records.hold import Hold, LockRef
from deploys.records.phases import Stage
from deploys.records.request import Verb
from deploys.records.traffic import HookAction
from deploys.records.typed_command import TypedCommand
from deploys.stores.claims import Claim
from deploys.stores.deploy_store import DeployStore
from deploys.stores.ecs_events import EcsEvents
from deploys.stores.typed_commands import KEPT_SECONDS, TypedCommands
from workers.ecs.aws import call_budget
from workers.ecs.aws.aws_clients import MAX_CALL_SECONDS, READ_SECONDS, RegionClients
from workers.ecs.aws.request_ids import REQUEST_IDS
from workers.ecs.revision_reads import RevisionReads
from workers.ecs.state import ServiceDeploymentState, ServiceState, TaskState
from workers.ecs_reader import EcsReader
from workers.tag_signature import TagSigner

log = structlog.get_logger()

KNOWN_SERVICE_SECONDS = 3.0
"""How long the next step may go by a read of the service that the one before it made (seconds)."""
MOST_UNANNOUNCED_SECONDS = 5.0
"""However seldom rollouts are read while events of ECS arrive (seconds)."""
HISTORY_LIMIT = 200
"""How many of a service's deploys a rollback searches (count)."""


@dataclass(frozen=True)
class Timing:
    """How often and how long (seconds)."""

    lease_seconds: float = 60.0
    """How long one worker may move a deploy before another may."""
    watch_seconds: float = 5.0
    """Between two reads of a rollout (`workers.watch_interval`)."""
    confirm_seconds: float = 2.5
    """Until the second read, if the first saw an end."""
    settle_seconds: float = 75.0
    """After the outcome is known, until the service is checked once more: longer than a lease."""
    jitter: float = 0.0
    """Share by which short waits are lengthened at random, so that deploys do not ask AWS all at once (0.1:
    by up to a tenth)."""

    @property
    def unannounced_seconds(self) -> float:
        """Until the next look at something that no event of ECS tells of: as soon as without events."""
        return min(self.watch_seconds, MOST_UNANNOUNCED_SECONDS)


@dataclass(frozen=True)
class StepResult:
    """What a step returns."""

    deploy: Deploy
    delay: float = 0.0
    """Seconds until the next step; 0 means at once."""
    overtaken_by: str = ""
    """Id of a deploy behind it in its service's queue that goes first."""
    audit: tuple[AuditNote, ...] = ()
    """What the audit trail is told beside the change of phase, in the same commit."""


class ServiceRead(NamedTuple):
    """The service as ECS showed it."""

    state: ServiceState | None
    """None: ECS does not know it."""
    at: float
    """Since when it may have changed (epoch seconds)."""


class AccessPolicy(Protocol):
    """The part of `deploys.access.Access` that steps need: access is checked again when the deploy runs.

    Each method but the first raises an error if the answer is no.
    """

    def current_service(self, deploy: Deploy) -> Service:
        """The deploy's service as services.yml describes it now. Raises UnknownService."""
        ...

    def may(self, action: Action, asker: Asker, service_name: str) -> None:
        """Whether this person may do this with this service, there."""
        ...

    def may_run(self, deploy: Deploy) -> None:
        """Whether its requester may still ask for this deploy."""
        ...

    def may_cancel(self, asker: Asker, deploy: Deploy) -> None:
        """Whether this person may cancel this deploy."""
        ...

    def may_decide(self, asker: Asker, deploy: Deploy) -> None:
        """Whether this person may approve or reject this deploy."""
        ...

    def may_answer_pause(self, asker: Asker, deploy: Deploy, action: HookAction) -> None:
        """Whether this person may give this answer to a pause of this deploy."""
        ...


class StepContext:
    """Passed to every step of a deploy."""

    def __init__(
        self,
        claim: Claim,
        *,
        store: DeployStore,
        region: RegionClients,
        access: AccessPolicy,
        reader: EcsReader,
        timing: Timing,
        now: Callable[[], float],
        signer: TagSigner,
        hold_sources: Sequence[HoldSource] = (),
        known_service: ServiceRead | None = None,
        known_revisions: RevisionReads | None = None,
    ) -> None:
        """known_service: the first read of the service gives this one, without a call to AWS.
        known_revisions: what is known of the revisions in the same way."""
        self.claim = claim
        self.region = region
        self.access = access
        self.timing = timing
        self.signer = signer
        """Signs a service's restore tags."""
        self.revisions = known_revisions or RevisionReads(region, now())
        """Reads revisions, each once."""
        self._reader = reader
        self._store = store
        self._now = now
        self._hold_sources = hold_sources
        self._typed_commands = TypedCommands(store.redis)
        self._version_on_disk = -1
        """Version of the record that Redis confirmed to be on disk."""
        self._prefetched = [known_service.state] if known_service else []
        self._last_read = known_service
        self._earlier_deploys: list[Deploy] | None = None

    def now(self) -> float:
        """The time (epoch seconds)."""
        return self._now()

    def find_hold(self) -> Hold | None:
        """What holds the deploy now; None: it may go on."""
        return first_hold(self._hold_sources, self.claim.deploy, self._now())

    def find_passed_lock(self) -> LockRef | None:
        """The lock of the service that does not hold the deploy; None: there is none. Ask if nothing holds
        it."""
        return find_passed_lock(self._hold_sources, self.claim.deploy, self._now())

    def find_overtaker(self) -> Deploy | None:
        """The deploy that may go before this one, which is held at the head of its service's queue: the first
        one behind it that nothing holds, a rollback before others. None: there is none, or this one is not
        the first.

        A deploy of a coordinated batch overtakes nobody: two batches could then wait for each other.
        """
        deploy = self.claim.deploy
        queue = self._store.service_queue(deploy.queue)
        if queue[:1] != [deploy.id]:
            return None
        behind = [found for each in queue[1:] if (found := self._store.get(each))]
        free = [each for each in behind if self._may_overtake(each)]
        return min(free, key=lambda each: each.verb is not Verb.ROLLBACK, default=None)

    def _may_overtake(self, deploy: Deploy) -> bool:
        if deploy.cancel or not deploy.in_progress or deploy.verb is Verb.FOLLOW:
            return False
        batch = self._store.batch(deploy.batch_id) if deploy.batch_id else None
        if batch is not None and batch.coordinated:
            return False
        return first_hold(self._hold_sources, deploy, self._now()) is None

    def with_current_service(self, deploy: Deploy) -> Deploy:
        """The deploy with its service as services.yml has it now: ask before whatever is the first change.

        Raises:
            UnknownService: services.yml does not have the service any more.
            CatalogueChanged: what was asked for is not what would happen.
        """
        return refuse_catalogue_drift(deploy, self.access.current_service(deploy))

    def is_first_in_queue(self) -> bool:
        """Whether no other deploy of the service comes before this one."""
        deploy = self.claim.deploy
        return self._store.service_queue(deploy.queue)[:1] == [deploy.id]

    def earlier_deploys(self) -> list[Deploy]:
        """The service's deploys before this one, newest first, as this step read them first."""
        if self._earlier_deploys is None:
            deploy = self.claim.deploy
            recent = self._store.recent(deploy.service.name, HISTORY_LIMIT)
            self._earlier_deploys = [each for each in recent if each.id != deploy.id]
        return self._earlier_deploys

    def coordinated_batch(self) -> tuple[Batch, list[Deploy]] | None:
        """The deploy's batch, with all its deploys; None if the deploy has none, or if the batch's deploys do
        not depend on each other."""
        deploy = self.claim.deploy
        batch = self._store.batch(deploy.batch_id) if deploy.batch_id else None
        return (batch, self._store.batch_deploys(batch)) if batch and batch.coordinated else None

    def has_event_told_of_end(self) -> bool:
        """Whether an event of ECS has just told of this deploy, now that a read found the end of what it
        waits for. If none ever did, although events arrive, that is noticed, too: ECS is then read often."""
        deploy = self.claim.deploy
        told, missing = EcsEvents(self._store.redis, now=self._now).judge_end(deploy.id, deploy.phase_since)
        if missing:
            log.warning(
                "no event of ECS told of an end, so ECS is read often for now: is the rule in EventBridge "
                "missing or disabled?",
                deploy=deploy.id,
                region=deploy.service.region,
                cluster=deploy.service.cluster,
            )
        return told

    def read_service(self) -> ServiceState | None:
        """The ECS service; None if ECS does not know it."""
        if self._prefetched:
            return self._prefetched.pop()
        at, state = self._now(), self._reader.read_service(self.claim.deploy)
        self._last_read = ServiceRead(state, at)
        return state

    def prefetch_service(self) -> ServiceState | None:
        """Reads the service before the step: the step's own first read then needs no call to AWS."""
        self._prefetched = [self.read_service()]
        return self._prefetched[0]

    def known_service(self) -> ServiceRead | None:
        """The service as this step read it, for the next step; None if it may be different by now."""
        read = self._last_read
        return read if read is not None and 0 <= self._now() - read.at <= KNOWN_SERVICE_SECONDS else None

    def known_revisions(self) -> RevisionReads | None:
        """What this step knows of the revisions, for the next step; None if others may be there by now."""
        is_recent = 0 <= self._now() - self.revisions.began_at <= KNOWN_SERVICE_SECONDS
        return self.revisions if is_recent else None

    def read_service_deployment(self) -> ServiceDeploymentState | None:
        """ECS's record of the rollout; None while ECS has none.

        Raises:
            ServiceDeploymentsUnavailable: ECS has no such API here, or does not allow it.
        """
        return self._reader.read_service_deployment(self.claim.deploy)

    def put_before_progress(self) -> None:
        """An end was seen: what this step still reads goes before reads of rollouts that go on."""
        call_budget.complete_block()

    def list_running_tasks(self) -> Sequence[str]:
        """ARNs of the tasks of its service that are to run. Raises the errors of `aws_call`."""
        return self._reader.list_running_tasks(self.claim.deploy)

    def describe_tasks(self, arns: Sequence[str]) -> Mapping[str, TaskState]:
        """Tasks by ARN; one that ECS does not have any more is absent. Raises the errors of `aws_call`."""
        return self._reader.describe_tasks(self.claim.deploy, arns)

    def read_typed_command(self, command: TypedCommand) -> Sequence[str]:
        """The arguments of this deploy's command, as they were typed.

        Raises:
            CommandForgotten: they had a secret, and are not kept any more.
        """
        if not command.has_secret:
            return command.arguments
        if (found := self._typed_commands.find(self.claim.deploy.id)) is None:
            raise CommandForgotten(hours=KEPT_SECONDS // 3600)
        return found

    def forget_typed_command(self) -> None:
        """Whatever was kept apart of this deploy's command: nobody needs it any more."""
        command = self.claim.deploy.command
        if command is not None and command.has_secret:
            self._typed_commands.forget(self.claim.deploy.id)

    def write_intent(self, deploy: Deploy) -> Deploy:
        """Commits what the step is about to do, before it does it. The step goes on with the new record."""
        what = f"about to act: {deploy.phase.value}"
        self.claim = self._store.commit(
            self.claim,
            with_quotes(deploy, quotes_made()),
            due_at=self.now(),
            what=what,
            keep=True,
            aws_requests=REQUEST_IDS.take(),
        )
        return self.claim.deploy

    def guard(self) -> None:
        """Call this right before each call that changes AWS, which then asks `confirm_claim` itself.

        It renews a role's credentials if they end soon, so that the call itself takes no longer than one call
        can. And it waits until the intent is on disk: otherwise a Redis that loses its last second would not
        know of the change.

        A rollback does not wait for the disk: a service that stays down is worse than a record that is older
        than what was done, and such a record adopts what it finds in ECS.

        Raises:
            NotOnDisk: Redis did not confirm the intent in time.
            RoleDenied, AwsError: the service's role could not be assumed.
        """
        self._last_read = None
        self.region.ensure_credentials()
        if self._version_on_disk != self.claim.deploy.version:
            self._confirm_on_disk()

    def confirm_claim(self) -> float:
        """Whether this worker still has the deploy, for longer than any call takes (`DeployStore.confirm`).
        Returns until when a request to change AWS may be sent (by `uptime`)."""
        return self._store.confirm(self.claim, MAX_CALL_SECONDS) - READ_SECONDS

    def _confirm_on_disk(self) -> None:
        try:
            self._store.confirm_on_disk()
        except NotOnDisk:
            if self.claim.deploy.phase.facts.stage not in (Stage.ROLLBACK, Stage.OVER):
                raise
            return
        self._version_on_disk = self.claim.deploy.version
