"""A way back that does not hold: the service is set to the recorded revision, and moved away from it again.

ECS's circuit breaker does so when the old version cannot start either: it goes back to the deployment that
completed last, which is the new version's. To set the old one forever would not help: after the deadline of
the way back the deploy has failed, and the service is left as it is, unless it is at zero.
"""

from __future__ import annotations

from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase
from deploys.errors import SlipwayError
from deploys.way_back import WayBack
from workers.ecs import tasks
from workers.ecs.seen import ServiceSeen
from workers.ecs.why import explain
from workers.ecs.why_events import names_another
from workers.flows.ending import end, old_revision
from workers.flows.evidence import Evidence
from workers.flows.words import endings, looks, reasons
from workers.turn import Next, Turn

STALE_SECONDS = 30.0
"""A read, or a call of ours that arrives late, may show the new revision once more for so long."""


def begun(deploy: Deploy, now: float) -> Deploy:
    """The deploy with the time at which its way back began."""
    return deploy if deploy.way_back is not None else deploy.evolve(way_back=WayBack(since=now))


def set_again(deploy: Deploy, turn: Turn, seen: ServiceSeen, limit: float) -> Next:
    """To RESTORING once more, and the thread is told; after `limit` seconds the service is left as it is.

    One that is at zero is never left.
    """
    now = turn.now()
    back = deploy.way_back or WayBack(since=deploy.phase_since)
    lasted = now - back.since
    if lasted > limit and seen.desired != 0:
        reason = reasons.back_in_vain(deploy, old_revision(deploy), lasted)
        text = endings.failed(reason, why(deploy, turn, seen))
        given_up = deploy.evolve(way_back=back.evolve(in_vain=True))
        return end(given_up, turn, Outcome.FAILED, text)
    again = deploy.evolve(way_back=back)
    if seen.desired != 0 and lasted > STALE_SECONDS and back.told_at is None:
        text = looks.does_not_hold(deploy, old_revision(deploy), limit, why(deploy, turn, seen).causes)
        told = back.evolve(told_at=now)
        again = deploy.saying(now, MilestoneKind.TROUBLE, text, broadcast=True, way_back=told)
    return Next(again.at(Phase.RESTORING, now), after=turn.pace.watch_seconds)


def why(deploy: Deploy, turn: Turn, seen: ServiceSeen) -> Evidence:
    """Why tasks of the recorded revision do not start on the way back; empty where AWS does not tell."""
    service = deploy.service
    since = deploy.way_back.since if deploy.way_back else deploy.phase_since
    try:
        listed = tasks.of_service(turn.region, service.cluster, service.ecs_service)
    except SlipwayError:
        return Evidence()
    old = old_revision(deploy)
    stopped = [task for task in listed if task.revision == old and task.stop_code]
    present = seen.primary.id if seen.primary else ""
    events = [event for event in seen.events if not names_another(event.message, present)]
    return Evidence(explain(stopped, events, since))
