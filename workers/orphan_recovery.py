"""Finds services that a deploy left stopped, or scaling suspended, and whose record does not know of that.

Redis may have been lost whole: then the record is built again from the marks on the ECS service and takes the
service's line, so everything that holds for a deploy holds for this too: one at a time, strict order, guards,
retries until it holds, a thread. It takes the line only while that is empty, in one script, so a deploy that
is asked for in that moment waits or goes first, and never runs beside it.

Redis may have lost its last writes only: a record that lives is made due, and its next step adopts what it
finds; one that ended without knowing of the stop lives again. After every restart of Redis all that live are
made due once.

Looked at is every service of the catalogue, as one that was stopped may have another strategy by now, and no
other: a marked service that is not in it may be in the hands of another Slipway, whose records this one
cannot see.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from functools import partial

import structlog
from redis import Redis
from redis.exceptions import ResponseError

from deploys.catalogue.service import Role, Service, Strategy
from deploys.errors import AwsUnavailable, SlipwayError, UnknownSchema
from deploys.job_queue import JobQueue
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.rollback import RollbackCauseKind
from deploys.records.thread_messages import ThreadMessageKind
from deploys.redis_connection import to_text
from deploys.stores import redis_keys
from deploys.stores.deploy_store import DeployStore
from deploys.stores.lost_deploys import LostDeploy, LostDeploys
from workers.ecs import services
from workers.ecs.aws import role_session_names
from workers.ecs.aws.aws_clients import AwsClients, RegionClients
from workers.ecs.state import ServiceState
from workers.flows.adoption import fields_from_tags, sibling_arn
from workers.flows.best_effort import attempt
from workers.flows.stopped_service import restore_tags
from workers.flows.stopped_service.restore_tags import RestoreTags
from workers.messages import lost_record

log = structlog.get_logger()

SCAN_EVERY_SECONDS = 300.0
"""Between two looks as long as nothing calls for one."""
MIN_SECONDS_BETWEEN_SCANS = 75.0
"""Between the look that finds a mark without a record and the one that acts upon it, at least: a lease and
the longest call."""
UNCHANGED_OUTCOMES = frozenset({Outcome.REFUSED, Outcome.EXPIRED, Outcome.REJECTED, Outcome.CANCELLED})
"""Outcomes of records that may say, wrongly, that nothing was changed."""


class RecoveryAction(Enum):
    """What a marked service needs."""

    NONE = "none"  # its record sees to it, or has left it as it is
    MAKE_DUE = "wake"  # its record is older than the stop, and adopts it at its next step
    RECOVER = "take up"  # there is no record, or it ended without knowing of the stop


def decide_recovery(record: Deploy | None, mark: RestoreTags, ecs_service: ServiceState) -> RecoveryAction:
    """What the service needs. record: of the deploy that marks it. Pure."""
    if record is None:
        return RecoveryAction.RECOVER
    if mark.stopped_at is None or record.stop.requested_at is not None:
        return RecoveryAction.NONE
    if record.phase is not Phase.ENDED:
        return RecoveryAction.MAKE_DUE
    return (
        RecoveryAction.RECOVER
        if ecs_service.desired == 0 and record.outcome in UNCHANGED_OUTCOMES
        else RecoveryAction.NONE
    )


class OrphanRecovery:
    """Looks at all services of the catalogue: one that was stopped may have another strategy by now.

    A service that is not there is left alone, whatever its marks say: another Slipway may be deploying it.
    """

    def __init__(
        self,
        services: Iterable[Service],
        store: DeployStore,
        redis: Redis,
        aws: AwsClients,
        job_queue: JobQueue,
        *,
        settle_seconds: float,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._services = tuple(services)
        self._store = store
        self._redis = redis
        self._lost = LostDeploys(redis)
        self._aws = aws
        self._job_queue = job_queue
        # A late call of a lost step has arrived by then.
        self._confirm_seconds = max(MIN_SECONDS_BETWEEN_SCANS, settle_seconds)
        self._now = now
        self._aws_did_not_answer = False
        """Whether AWS did not answer at the last look."""

    def scan_if_due(self) -> None:
        """A look, if Redis was restarted or lost since the last one, a service waits to be brought back, or
        the last look is long ago: each look asks AWS about all services.
        """
        restarted = self._make_all_due_after_redis_restart()
        looked = self._redis.get(redis_keys.ORPHANS_CHECKED_AT)
        lately = looked is not None and self._now() - float(to_text(looked)) < SCAN_EVERY_SECONDS
        if restarted or not lately or self._lost.all():
            self.scan()

    def scan(self) -> None:
        """One look, ten services a call."""
        self._aws_did_not_answer = False
        places: dict[tuple[str, Role | None, str], list[Service]] = defaultdict(list)
        for service in self._services:
            places[service.region, service.role, service.cluster].append(service)
        for (region, role, cluster), here in places.items():
            place = self._aws.region(region, role, role_session_names.ORPHAN_RECOVERY)
            for each, seen in self._read_services(place, cluster, here):
                attempt(partial(self._handle, each, seen))
        if not self._aws_did_not_answer:
            self._redis.set(redis_keys.ORPHANS_CHECKED_AT, self._now())

    def _read_services(
        self, region: RegionClients, cluster: str, services_in_cluster: Sequence[Service]
    ) -> Iterator[tuple[Service, ServiceState | None]]:
        """Those of these services that can be read; one that cannot is not to hide the others."""
        described = attempt(
            lambda: services.describe(region, cluster, [each.ecs_service for each in services_in_cluster])
        )
        if not isinstance(described, SlipwayError):
            yield from ((each, described.get(each.ecs_service)) for each in services_in_cluster)
            return
        log.warning(
            "the janitor could not look", region=region.name, cluster=cluster, error=described.message
        )
        if isinstance(described, AwsUnavailable):
            self._aws_did_not_answer = True
            return  # to ask one by one would only add to the load
        if len(services_in_cluster) == 1:
            return
        for each in services_in_cluster:
            yield from self._read_services(region, cluster, [each])

    def _make_all_due_after_redis_restart(self) -> bool:
        """Records may be older than what was done, and those that wait for people are not due for long.

        Returns whether Redis was restarted since this was asked last.
        """
        try:
            run = to_text(self._redis.info("server")["run_id"])
        except (ResponseError, KeyError):
            return False  # some managed services do not tell
        before = self._redis.getset(redis_keys.REDIS_RUN, run)
        if before is None or to_text(before) == run:
            return False
        self._store.make_due([each.id for each in self._store.active()])
        return True

    def _handle(self, service: Service, ecs_service: ServiceState | None) -> None:
        mark = (
            restore_tags.read_restore_tags(ecs_service.tags)
            if ecs_service is not None and ecs_service.status == "ACTIVE"
            else None
        )
        if ecs_service is None or mark is None:
            self._lost.remove(service.name)
            return
        try:
            record = self._store.get(mark.deploy_id)
        except UnknownSchema:
            return  # somebody's, of another version of Slipway
        match decide_recovery(record, mark, ecs_service):
            case RecoveryAction.NONE:
                self._lost.remove(service.name)
            case RecoveryAction.MAKE_DUE:
                self._lost.remove(service.name)
                self._store.make_due([mark.deploy_id])
                self._job_queue.advance(mark.deploy_id)
            case RecoveryAction.RECOVER:
                self._recover(service, ecs_service, mark, record)

    def _recover(
        self, service: Service, ecs_service: ServiceState, mark: RestoreTags, ended: Deploy | None
    ) -> None:
        now = self._now()
        if now < self._note_lost(service, ecs_service, mark).recover_at:
            return
        deploy = (
            rebuild_record(service, ecs_service, mark, now)
            if ended is None
            else reopen_record(ended, ecs_service, mark, now)
        )
        if self._store.adopt(deploy, ended):
            log.error("a deploy whose record was lost is taken up", deploy=deploy.id, service=service.name)
            self._lost.remove(service.name)
            self._job_queue.advance(deploy.id)
            self._job_queue.publish(deploy.id)

    def _note_lost(self, service: Service, ecs_service: ServiceState, mark: RestoreTags) -> LostDeploy:
        """What is known of this mark, with when it was first seen."""
        now = self._now()
        before = self._lost.get(service.name)
        if before is not None and before.deploy_id == mark.deploy_id:
            lost = before.evolve(desired_count=ecs_service.desired)
        else:
            log.warning("marked, and no record knows of it", deploy=mark.deploy_id, service=service.name)
            lost = LostDeploy(
                deploy_id=mark.deploy_id,
                service=service.name,
                found_at=now,
                recover_at=now + self._confirm_seconds,
                desired_count=ecs_service.desired,
                restore_count=mark.desired_count,
            )
        self._lost.save(lost)
        return lost


def rebuild_record(service: Service, ecs_service: ServiceState, mark: RestoreTags, now: float) -> Deploy:
    """The record of a lost deploy. Pure.

    Only a stop-start deploy leaves marks, so it was one, whatever the service is by now. A service at zero is
    brought back. One that runs is left as it is, whatever it runs: scaling is put back
    and the marks come off.
    """
    lost = (
        Deploy(
            id=mark.deploy_id,
            service=service.model_copy(update={"strategy": Strategy.STOP_START}),
            verb=mark.verb,
            tag=mark.tag or "unknown",
            request={
                "requester": mark.requester,
                "team": mark.team,
                "channel": mark.channel or next(iter(service.channels), ""),
                "requested_at": now,
            },
            phase_since=now,
            ecs={"update_uncertain": True},
        )
        .evolve(**fields_from_tags(ecs_service, mark))
        .evolve(ecs={"new_revision": None})
    )
    if ecs_service.desired == 0:
        return _restore(lost, ecs_service, mark, now)
    running = lost.evolve(
        phase=Phase.SETTLING,
        outcome=Outcome.FAILED,
        ended_at=now,
        end_reason=lost_record.record_lost_reason(),
    )
    return running.with_message(
        now,
        ThreadMessageKind.END,
        lost_record.found_running(running, ecs_service.desired, ecs_service.revision),
        broadcast=True,
    )


def reopen_record(ended: Deploy, ecs_service: ServiceState, mark: RestoreTags, now: float) -> Deploy:
    """The record of a deploy that ended as if it had changed nothing, while its service is stopped. Pure."""
    again = ended.evolve(outcome=None, ended_at=None, ecs={"update_uncertain": True}).evolve(
        **fields_from_tags(ecs_service, mark)
    )
    return _restore(again, ecs_service, mark, now)


def _restore(deploy: Deploy, ecs_service: ServiceState, mark: RestoreTags, now: float) -> Deploy:
    stopped = deploy.in_phase(
        Phase.RESTORING,
        now,
        ecs={"new_revision": sibling_arn(ecs_service, mark.new_revision) if mark.new_revision else None},
        rollback={"outcome": RollbackCauseKind.RECORD_LOST.outcome},
        stop={"requested_at": mark.stopped_at},
    ).with_rollback_cause(RollbackCauseKind.RECORD_LOST, lost_record.record_lost_reason())
    return stopped.with_message(
        now, ThreadMessageKind.PROBLEM, lost_record.found_stopped(stopped), broadcast=True
    )
