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
from pydantic import ValidationError
from redis import Redis
from redis.exceptions import ResponseError

from deploys import keys
from deploys.bell import Bell
from deploys.catalogue.service import Role, Service, Strategy
from deploys.connection import text
from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase
from deploys.errors import AwsUnavailable, SlipwayError
from deploys.lost import LostDeploy, LostDeploys
from deploys.store import Store
from workers.ecs import services, session_names
from workers.ecs.seen import ServiceSeen
from workers.ecs.session import Aws, Region
from workers.flows import marks
from workers.flows.adoption import arn_beside, known_by_marks
from workers.flows.best_effort import attempt
from workers.flows.marks import Mark
from workers.flows.words import found

log = structlog.get_logger()

LOOK_SECONDS = 300.0
"""Between two looks as long as nothing calls for one."""
LEAST_APART_SECONDS = 75.0
"""Between the look that finds a mark without a record and the one that acts upon it, at least: a lease and
the longest call."""
WITHOUT_A_CHANGE = frozenset({Outcome.REFUSED, Outcome.EXPIRED, Outcome.REJECTED, Outcome.CANCELLED})
"""Outcomes of records that may say, wrongly, that nothing was changed."""


class Care(Enum):
    """What a marked service needs."""

    NONE = "none"  # its record sees to it, or has left it as it is
    WAKE = "wake"  # its record is older than the stop, and adopts it at its next step
    TAKE_UP = "take up"  # there is no record, or it ended without knowing of the stop


def care(record: Deploy | None, mark: Mark, seen: ServiceSeen) -> Care:
    """What the service needs. record: of the deploy that marks it. Pure."""
    if record is None:
        return Care.TAKE_UP
    if mark.stopped_at is None or record.stop_requested_at is not None:
        return Care.NONE
    if record.phase is not Phase.ENDED:
        return Care.WAKE
    return Care.TAKE_UP if seen.desired == 0 and record.outcome in WITHOUT_A_CHANGE else Care.NONE


class Janitor:
    """Looks at all services of the catalogue: one that was stopped may have another strategy by now.

    A service that is not there is left alone, whatever its marks say: another Slipway may be deploying it.
    """

    def __init__(
        self,
        known: Iterable[Service],
        store: Store,
        redis: Redis,
        aws: Aws,
        bell: Bell,
        *,
        settle_seconds: float,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._services = tuple(known)
        self._store = store
        self._redis = redis
        self._lost = LostDeploys(redis)
        self._aws = aws
        self._bell = bell
        # A late call of a lost step has arrived by then.
        self._apart = max(LEAST_APART_SECONDS, settle_seconds)
        self._now = now
        self._unanswered = False
        """Whether AWS did not answer at the last look."""

    def look_if_needed(self) -> None:
        """A look, if Redis was restarted or lost since the last one, a service waits to be brought back, or
        the last look is long ago: each look asks AWS about all services.
        """
        restarted = self._wake_all_after_a_restart()
        looked = self._redis.get(keys.JANITOR_LOOKED)
        lately = looked is not None and self._now() - float(text(looked)) < LOOK_SECONDS
        if restarted or not lately or self._lost.all():
            self.look()

    def look(self) -> None:
        """One look, ten services a call."""
        self._unanswered = False
        places: dict[tuple[str, Role | None, str], list[Service]] = defaultdict(list)
        for service in self._services:
            places[service.region, service.role, service.cluster].append(service)
        for (region, role, cluster), here in places.items():
            place = self._aws.region(region, role, session_names.JANITOR)
            for each, seen in self._seen(place, cluster, here):
                attempt(partial(self._consider, each, seen))
        if not self._unanswered:
            self._redis.set(keys.JANITOR_LOOKED, self._now())

    def _seen(
        self, place: Region, cluster: str, here: Sequence[Service]
    ) -> Iterator[tuple[Service, ServiceSeen | None]]:
        """Those of these services that can be read; one that cannot is not to hide the others."""
        found = attempt(lambda: services.describe(place, cluster, [each.ecs_service for each in here]))
        if not isinstance(found, SlipwayError):
            yield from ((each, found.get(each.ecs_service)) for each in here)
            return
        log.warning("the janitor could not look", region=place.name, cluster=cluster, error=found.message)
        if isinstance(found, AwsUnavailable):
            self._unanswered = True
            return  # to ask one by one would only add to the load
        if len(here) == 1:
            return
        for each in here:
            yield from self._seen(place, cluster, [each])

    def _wake_all_after_a_restart(self) -> bool:
        """Records may be older than what was done, and those that wait for people are not due for long.

        Returns whether Redis was restarted since this was asked last.
        """
        try:
            run = text(self._redis.info("server")["run_id"])
        except (ResponseError, KeyError):
            return False  # some managed services do not tell
        before = self._redis.getset(keys.REDIS_RUN, run)
        if before is None or text(before) == run:
            return False
        self._store.hurry([each.id for each in self._store.live()])
        return True

    def _consider(self, service: Service, seen: ServiceSeen | None) -> None:
        mark = marks.read(seen.tags) if seen is not None and seen.status == "ACTIVE" else None
        if seen is None or mark is None:
            self._lost.forget(service.name)
            return
        try:
            record = self._store.get(mark.deploy_id)
        except ValidationError:
            return  # somebody's, of another version of Slipway
        match care(record, mark, seen):
            case Care.NONE:
                self._lost.forget(service.name)
            case Care.WAKE:
                self._lost.forget(service.name)
                self._store.hurry([mark.deploy_id])
                self._bell.advance(mark.deploy_id)
            case Care.TAKE_UP:
                self._take_up(service, seen, mark, record)

    def _take_up(self, service: Service, seen: ServiceSeen, mark: Mark, ended: Deploy | None) -> None:
        now = self._now()
        if now < self._noted(service, seen, mark).acts_at:
            return
        deploy = rebuilt(service, seen, mark, now) if ended is None else revived(ended, seen, mark, now)
        if self._store.adopt(deploy, ended):
            log.error("a deploy whose record was lost is taken up", deploy=deploy.id, service=service.name)
            self._lost.forget(service.name)
            self._bell.advance(deploy.id)
            self._bell.publish(deploy.id)

    def _noted(self, service: Service, seen: ServiceSeen, mark: Mark) -> LostDeploy:
        """What is known of this mark, with when it was first seen."""
        now = self._now()
        before = self._lost.of(service.name)
        if before is not None and before.deploy == mark.deploy_id:
            lost = before.evolve(desired=seen.desired)
        else:
            log.warning("marked, and no record knows of it", deploy=mark.deploy_id, service=service.name)
            lost = LostDeploy(
                deploy=mark.deploy_id,
                service=service.name,
                since=now,
                acts_at=now + self._apart,
                desired=seen.desired,
                count=mark.count,
            )
        self._lost.note(lost)
        return lost


def rebuilt(service: Service, seen: ServiceSeen, mark: Mark, now: float) -> Deploy:
    """The record of a lost deploy. Pure.

    Only a stop-start deploy leaves marks, so it was one, whatever the service is by now. A service at zero is
    brought back. One that runs is left as it is, whatever it runs: scaling is put back
    and the marks come off.
    """
    lost = Deploy(
        id=mark.deploy_id,
        service=service.model_copy(update={"strategy": Strategy.STOP_START}),
        verb=mark.verb,
        tag=mark.tag or "unknown",
        requester=mark.requester,
        team=mark.team,
        channel=mark.channel or next(iter(service.channels), ""),
        requested_at=now,
        phase_since=now,
        uncertain=True,
    ).evolve(**{**known_by_marks(seen, mark), "new_revision": None})
    if seen.desired == 0:
        return _brought_back(lost, seen, mark, now)
    running = lost.evolve(phase=Phase.SETTLING, outcome=Outcome.FAILED, ended_at=now, reason=found.reason())
    return running.saying(now, MilestoneKind.END, found.running(running, seen), broadcast=True)


def revived(ended: Deploy, seen: ServiceSeen, mark: Mark, now: float) -> Deploy:
    """The record of a deploy that ended as if it had changed nothing, while its service is stopped. Pure."""
    again = ended.evolve(outcome=None, ended_at=None, uncertain=True, **known_by_marks(seen, mark))
    return _brought_back(again, seen, mark, now)


def _brought_back(deploy: Deploy, seen: ServiceSeen, mark: Mark, now: float) -> Deploy:
    stopped = deploy.at(
        Phase.RESTORING,
        now,
        new_revision=arn_beside(seen, mark.new) if mark.new else None,
        back_to=Outcome.ROLLED_BACK,
        reason=found.reason(),
        stop_requested_at=mark.stopped_at,
    )
    return stopped.saying(now, MilestoneKind.TROUBLE, found.at_zero(stopped), broadcast=True)
