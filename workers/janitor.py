"""Finds services that a deploy left stopped, or scaling suspended, when its record was lost with Redis.

The record is built anew from the marks on the ECS service and takes the service's line, so everything that
holds for a deploy holds for this too: one at a time, strict order, guards, retries until it holds, a thread.
It takes the line only while that is empty, in one script, so a deploy that is asked for in that moment waits
or goes first, and never runs beside it.

Looked at is every service of the catalogue, as one that was stopped may have another strategy by now, and no
other: a marked service that is not in it may be in the hands of another Slipway, whose records this one
cannot see.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

import structlog
from pydantic import ValidationError
from redis import Redis

from deploys import keys
from deploys.bell import Bell
from deploys.catalogue.service import Role, Service, Strategy
from deploys.connection import text
from deploys.deploy import Deploy, MilestoneKind, Original, Outcome, Phase
from deploys.errors import AwsUnavailable, SlipwayError
from deploys.scaling import Scaling
from deploys.store import Store
from workers.ecs import services, session_names
from workers.ecs.seen import ServiceSeen
from workers.ecs.session import Aws, Region
from workers.flows import marks
from workers.flows.best_effort import attempt
from workers.flows.marks import Mark
from workers.flows.words import found

log = structlog.get_logger()

LEAST_APART_SECONDS = 240.0
"""Between the look that finds a mark without a record and the one that acts upon it, at least."""


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
        self._aws = aws
        self._bell = bell
        # A late call of a lost step has arrived by then.
        self._apart = max(LEAST_APART_SECONDS, settle_seconds)
        self._now = now

    def look(self) -> None:
        """One look, ten services a call."""
        places: dict[tuple[str, Role | None, str], list[Service]] = defaultdict(list)
        for service in self._services:
            places[service.region, service.role, service.cluster].append(service)
        for (region, role, cluster), here in places.items():
            place = self._aws.region(region, role, session_names.JANITOR)
            for each, seen in self._seen(place, cluster, here):
                attempt(partial(self._consider, each, seen))

    def _seen(
        self, place: Region, cluster: str, here: Sequence[Service]
    ) -> Iterator[tuple[Service, ServiceSeen | None]]:
        """Those of these services that can be read; one that cannot is not to hide the others."""
        found = attempt(lambda: services.describe(place, cluster, [each.ecs_service for each in here]))
        if not isinstance(found, SlipwayError):
            yield from ((each, found.get(each.ecs_service)) for each in here)
            return
        log.warning("the janitor could not look", region=place.name, cluster=cluster, error=found.message)
        if isinstance(found, AwsUnavailable) or len(here) == 1:
            return  # to ask one by one would only add to the load
        for each in here:
            yield from self._seen(place, cluster, [each])

    def _consider(self, service: Service, seen: ServiceSeen | None) -> None:
        mark = marks.read(seen.tags) if seen is not None and seen.status == "ACTIVE" else None
        if seen is None or mark is None or self._known(mark.deploy_id):
            self._redis.hdel(keys.LOST, service.name)
            return
        if self._sighted_for(service, mark) < self._apart:
            return
        deploy = rebuilt(service, seen, mark, self._now())
        if self._store.adopt(deploy):
            log.error("a deploy whose record was lost is taken up", deploy=deploy.id, service=service.name)
            self._redis.hdel(keys.LOST, service.name)
            self._bell.advance(deploy.id)
            self._bell.publish(deploy.id)

    def _known(self, deploy_id: str) -> bool:
        """Whether there is a record: it lives and moves on, or it ended and left the service as it is."""
        try:
            return self._store.get(deploy_id) is not None
        except ValidationError:
            return True  # somebody's, of another version of Slipway

    def _sighted_for(self, service: Service, mark: Mark) -> float:
        """For how long this mark has been seen without a record (seconds)."""
        now = self._now()
        before = self._redis.hget(keys.LOST, service.name)
        deploy_id, _, since = text(before).partition(" ") if before else ("", "", "")
        if deploy_id == mark.deploy_id:
            return now - float(since)
        self._redis.hset(keys.LOST, service.name, f"{mark.deploy_id} {now:.3f}")
        log.warning("marked, and no record of the deploy", deploy=mark.deploy_id, service=service.name)
        return 0.0


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
        original=Original(
            revision=_arn(seen, mark.old) if mark.old else seen.revision,
            desired_count=mark.count,
            task_arns=(),
        ),
        scaling=Scaling(before=mark.suspended, tried=True) if mark.suspended is not None else None,
        uncertain=True,
    )
    if seen.desired == 0:
        stopped = lost.evolve(
            phase=Phase.RESTORING,
            new_revision=_arn(seen, mark.new) if mark.new else None,
            back_to=Outcome.ROLLED_BACK,
            reason=found.reason(),
        )
        return stopped.saying(now, MilestoneKind.TROUBLE, found.at_zero(stopped), broadcast=True)
    running = lost.evolve(phase=Phase.SETTLING, outcome=Outcome.FAILED, ended_at=now, reason=found.reason())
    return running.saying(now, MilestoneKind.END, found.running(running, seen), broadcast=True)


def _arn(seen: ServiceSeen, short: str) -> str:
    """The ARN of `family:number`, beside the revision that the service has."""
    return f"{seen.revision.rpartition('/')[0]}/{short}"
