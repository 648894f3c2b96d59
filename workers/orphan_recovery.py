"""Finds services that a deploy left stopped, or left with scaling suspended, while no record knows of that.

If Redis lost everything, the record is built again from the restore tags on the ECS service and takes the
first place in the service's queue. So all rules for deploys hold for this one too: one at a time, strict
order, guards, retries until it holds, a thread. It enters the queue only while that is empty, in one script:
a deploy that is requested at the same moment waits or goes first, and never runs beside it.

If Redis lost only its last writes, a record in progress is made due, and its next step adopts what it finds
in ECS; a record that ended without knowing of the stop is reopened. After every restart of Redis all deploys
in progress are made due once.

Every service of services.yml is read, because a service that was stopped may have another strategy by now.
Other services are not: another Slipway may be deploying them, and this one cannot see its records.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from functools import partial
from typing import NamedTuple

import structlog
from redis import Redis

from deploys.catalogue.nested_keys import Role
from deploys.catalogue.service import Service, Strategy
from deploys.errors import AwsBudgetSpent, AwsUnavailable, SlipwayError, UnknownSchema
from deploys.job_queue import JobQueue
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.rollback import RollbackCauseKind
from deploys.records.thread_messages import ThreadMessageKind
from deploys.stores.aws_budget import AwsBudget
from deploys.stores.deploy_store import DeployStore
from deploys.stores.lost_deploys import LostDeploy, LostDeploys, lost_deploy_text
from deploys.stores.orphan_scans import OrphanScans
from workers.ecs import services
from workers.ecs.aws import principals
from workers.ecs.aws.aws_clients import AwsClients, RegionClients
from workers.ecs.aws.call_budget import caller_for_recovery, calls_by
from workers.ecs.state import ServiceState
from workers.flows.adoption import fields_from_tags, sibling_arn
from workers.flows.best_effort import attempt
from workers.flows.stopped_service.restore_tags import RestoreTags, read_restore_tags, read_signed_tags
from workers.messages import lost_record
from workers.tag_signature import TagSigner

log = structlog.get_logger()

MIN_SECONDS_BETWEEN_SCANS = 75.0
"""At least so long between the scan that finds restore tags without a record and the one that acts on them: a
lease and the longest call."""
UNCHANGED_OUTCOMES = frozenset({Outcome.REFUSED, Outcome.EXPIRED, Outcome.REJECTED, Outcome.CANCELLED})
"""Outcomes that say that nothing was changed: wrong, if the record lost the stop."""


JOBS_OF_A_ROUTINE_SCAN = 30
"""A scan that nothing calls for takes so many jobs, one every 15 seconds, each with as many calls (count)."""


class _Place(NamedTuple):
    """Whose services one call can read."""

    region: str
    role: Role | None
    cluster: str


class _Batch(NamedTuple):
    """Services that one call reads."""

    place: _Place
    services: tuple[Service, ...]

    @property
    def names(self) -> list[str]:
        return [each.name for each in self.services]

    def without(self, names: set[str]) -> _Batch:
        """Those that are not among these."""
        return self._replace(services=tuple(each for each in self.services if each.name not in names))


class RecoveryAction(Enum):
    """What a service with restore tags needs."""

    NONE = "none"  # its record handles it, or left it as it is on purpose
    MAKE_DUE = "make due"  # its record is older than the stop, and adopts it at its next step
    RECOVER = "recover"  # it has no record, or one that ended without knowing of the stop


def decide_recovery(record: Deploy | None, tags: RestoreTags, ecs_service: ServiceState) -> RecoveryAction:
    """What the service needs. record: of the deploy that the tags name. Pure."""
    if record is None:
        return RecoveryAction.RECOVER
    if tags.stopped_at is None or record.stop.requested_at is not None:
        return RecoveryAction.NONE
    if record.phase is not Phase.ENDED:
        return RecoveryAction.MAKE_DUE
    ended_unknowing = ecs_service.desired == 0 and record.outcome in UNCHANGED_OUTCOMES
    return RecoveryAction.RECOVER if ended_unknowing else RecoveryAction.NONE


class OrphanRecovery:
    """Scans all services of services.yml for restore tags, and acts on those that no record handles."""

    def __init__(
        self,
        services: Iterable[Service],
        store: DeployStore,
        redis: Redis,
        aws: AwsClients,
        job_queue: JobQueue,
        *,
        signer: TagSigner,
        settle_seconds: float,
        is_expired: Callable[[float], bool] = lambda at: False,
        announce: Callable[[str, str], None] = lambda channel, text: None,
        budget: AwsBudget | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._services = tuple(services)
        self._store = store
        self._redis = redis
        self._lost = LostDeploys(redis)
        self._scans = OrphanScans(redis, now=now)
        self._aws = aws
        self._job_queue = job_queue
        self._signer = signer
        self._is_expired = is_expired
        """Whether a deploy that stopped its service then has no record because that expired."""
        self._budget = budget
        self._announce = announce
        """Posts a text in a channel."""
        # By then a late call of a lost step has arrived.
        self._confirm_seconds = max(MIN_SECONDS_BETWEEN_SCANS, settle_seconds)
        self._now = now

    def scan_if_due(self) -> None:
        """Scans if that is due (`OrphanScans`). It does not scan every time, because each scan asks AWS about
        all services.
        """
        if self._scans.is_due():
            self._make_all_due_after_redis_restart()
            self.scan(urgent=self._scans.is_urgent())

    def scan(self, *, urgent: bool = True) -> None:
        """Reads all services, ten a call, and handles each. What cannot be read now is left to the next job.

        urgent: before the looks at rollouts; otherwise with the calls that are left over.
        """
        batches = self._batches()
        most = len(batches) if urgent else math.ceil(len(batches) / JOBS_OF_A_ROUTINE_SCAN)
        already_read = self._scans.already_read()
        unread = [left for each in batches if (left := each.without(already_read)).services]
        silent: set[_Place] = set()
        with calls_by(caller_for_recovery(self._budget, urgent=urgent)):
            for batch in unread[:most]:
                if batch.place not in silent:
                    try:
                        self._scan_batch(batch)
                    except AwsUnavailable as error:  # asking for the others would only add to the load
                        silent.add(batch.place)
                        if urgent or not isinstance(error, AwsBudgetSpent):
                            _warn_of_unread(batch.place, error)
        if not silent and len(unread) <= most:
            self._scans.note_scan()

    def _batches(self) -> list[_Batch]:
        """All services, as many together as one call reads."""
        by_place: dict[_Place, list[Service]] = defaultdict(list)
        for service in self._services:
            by_place[_Place(service.region, service.role, service.cluster)].append(service)
        return [
            _Batch(place, tuple(in_place[start : start + services.SERVICES_PER_CALL]))
            for place, in_place in by_place.items()
            for start in range(0, len(in_place), services.SERVICES_PER_CALL)
        ]

    def _scan_batch(self, batch: _Batch) -> None:
        """Raises AwsUnavailable."""
        region = self._aws.region(batch.place.region, batch.place.role, principals.ORPHAN_RECOVERY_SESSION)
        for service, ecs_service in self._read_services(region, batch.place, batch.services):
            attempt(partial(self._handle, service, ecs_service))
        self._scans.note_read(batch.names)

    def _read_services(
        self, region: RegionClients, place: _Place, together: Sequence[Service]
    ) -> Iterator[tuple[Service, ServiceState | None]]:
        """Those of these services that can be read: one that cannot must not hide the others.

        Raises:
            AwsUnavailable: AWS does not answer, or takes no more calls for now.
        """
        described = attempt(
            lambda: services.describe(region, place.cluster, [each.ecs_service for each in together])
        )
        if not isinstance(described, SlipwayError):
            yield from ((each, described.get(each.ecs_service)) for each in together)
            return
        if isinstance(described, AwsUnavailable):
            raise described
        _warn_of_unread(place, described)
        if len(together) == 1:
            return
        for each in together:
            yield from self._read_services(region, place, [each])

    def _make_all_due_after_redis_restart(self) -> None:
        """After a restart records may be older than what was done, and those that wait for people are not due
        for a long time."""
        if self._scans.note_restart():
            self._store.make_due(self._store.active_ids())

    def _handle(self, service: Service, ecs_service: ServiceState | None) -> None:
        if ecs_service is None or ecs_service.status != "ACTIVE":
            self._lost.remove(service.name)
            return
        tags = read_restore_tags(ecs_service.tags)
        if tags is None:
            self._lost.remove(service.name)
            return
        try:
            record = self._store.get(tags.deploy_id)
        except UnknownSchema:
            return  # another version of Slipway wrote it
        action = decide_recovery(record, tags, ecs_service)
        if action is not RecoveryAction.NONE and read_signed_tags(ecs_service, self._signer) is None:
            self._raise_alarm(service, ecs_service, tags)
            return
        if record is None and tags.stopped_at is not None and self._is_expired(tags.stopped_at):
            log.warning(
                "restore tags are left of a deploy that ended long ago; nothing was done",
                deploy=tags.deploy_id,
                service=service.name,
            )
            return
        match action:
            case RecoveryAction.NONE:
                self._lost.remove(service.name)
            case RecoveryAction.MAKE_DUE:
                self._lost.remove(service.name)
                self._store.make_due([tags.deploy_id])
                self._job_queue.advance(tags.deploy_id)
            case RecoveryAction.RECOVER:
                self._recover(service, ecs_service, tags, record)

    def _recover(
        self, service: Service, ecs_service: ServiceState, tags: RestoreTags, ended: Deploy | None
    ) -> None:
        now = self._now()
        if now < self._note_lost(service, ecs_service, tags).recover_at:
            return
        deploy = (
            rebuild_record(service, ecs_service, tags, now)
            if ended is None
            else reopen_record(ended, ecs_service, tags, now)
        )
        if self._store.adopt(deploy, ended):
            log.error("a deploy whose record was lost is recovered", deploy=deploy.id, service=service.name)
            self._lost.remove(service.name)
            self._job_queue.advance(deploy.id)
            self._job_queue.publish()

    def _raise_alarm(self, service: Service, ecs_service: ServiceState, tags: RestoreTags) -> None:
        """Tells people of tags that ask for a restore and that Slipway did not sign. Nothing else is done."""
        before = self._lost.get(service.name)
        alarm = LostDeploy(
            deploy_id=tags.deploy_id,
            service=service.name,
            found_at=(now := self._now()),
            recover_at=now,
            desired_count=ecs_service.desired,
            restore_count=tags.desired_count,
            unsigned=True,
        )
        self._lost.save(alarm)
        if before is None or not before.unsigned or before.deploy_id != tags.deploy_id:
            log.error(
                "a service has restore tags that Slipway did not sign; nothing was done",
                deploy=tags.deploy_id,
                service=service.name,
                ecs_service=ecs_service.arn,
            )
            if service.channels:
                self._announce(service.channels[0], lost_deploy_text(alarm, now))

    def _note_lost(self, service: Service, ecs_service: ServiceState, tags: RestoreTags) -> LostDeploy:
        """Records when these tags were first found without a record."""
        now = self._now()
        before = self._lost.get(service.name)
        if before is not None and before.deploy_id == tags.deploy_id and not before.unsigned:
            lost = before.evolve(desired_count=ecs_service.desired)
        else:
            log.warning(
                "a service has restore tags, but no record knows of them",
                deploy=tags.deploy_id,
                service=service.name,
            )
            lost = LostDeploy(
                deploy_id=tags.deploy_id,
                service=service.name,
                found_at=now,
                recover_at=now + self._confirm_seconds,
                desired_count=ecs_service.desired,
                restore_count=tags.desired_count,
            )
        self._lost.save(lost)
        return lost


def _warn_of_unread(place: _Place, error: SlipwayError) -> None:
    log.warning(
        "cannot read services that may need recovery",
        region=place.region,
        cluster=place.cluster,
        error=error.message,
    )


def rebuild_record(service: Service, ecs_service: ServiceState, tags: RestoreTags, now: float) -> Deploy:
    """The record of a lost deploy. Pure.

    Only a stop-start deploy sets restore tags, so it was one, whatever strategy the service has by now. A
    service at desired count 0 is brought back. One that runs is left as it is, whatever it runs: only scaling
    is restored and the tags are removed.
    """
    lost = (
        Deploy(
            id=tags.deploy_id,
            service=service.model_copy(update={"strategy": Strategy.STOP_START}),
            verb=tags.verb,
            tag=tags.tag or "unknown",
            request={
                "requester": tags.requester,
                "team": tags.team,
                "channel": tags.channel or next(iter(service.channels), ""),
                "requested_at": now,
            },
            phase_since=now,
            ecs={"update_uncertain": True},
        )
        .evolve(**fields_from_tags(ecs_service, tags))
        .evolve(ecs={"new_revision": None})
    )
    if ecs_service.desired == 0:
        return _restore(lost, ecs_service, tags, now)
    left_running = lost.evolve(
        phase=Phase.SETTLING,
        outcome=Outcome.FAILED,
        ended_at=now,
        end_reason=lost_record.record_lost_reason(),
    )
    text = lost_record.found_running(left_running, ecs_service.desired, ecs_service.revision)
    return left_running.with_message(now, ThreadMessageKind.END, text, broadcast=True)


def reopen_record(ended: Deploy, ecs_service: ServiceState, tags: RestoreTags, now: float) -> Deploy:
    """Reopens a deploy that ended as if it had changed nothing, although its service is stopped. Pure."""
    reopened = ended.evolve(outcome=None, ended_at=None, ecs={"update_uncertain": True}).evolve(
        **fields_from_tags(ecs_service, tags)
    )
    return _restore(reopened, ecs_service, tags, now)


def _restore(deploy: Deploy, ecs_service: ServiceState, tags: RestoreTags, now: float) -> Deploy:
    restoring = deploy.in_phase(
        Phase.RESTORING,
        now,
        ecs={"new_revision": sibling_arn(ecs_service, tags.new_revision) if tags.new_revision else None},
        rollback={"outcome": RollbackCauseKind.RECORD_LOST.outcome},
        stop={"requested_at": tags.stopped_at},
    ).with_rollback_cause(RollbackCauseKind.RECORD_LOST, lost_record.record_lost_reason())
    text = lost_record.found_stopped(restoring)
    return restoring.with_message(now, ThreadMessageKind.PROBLEM, text, broadcast=True)
