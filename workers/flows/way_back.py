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
from workers.flows import unread
from workers.flows.best_effort import attempt
from workers.flows.ending import end, is_recorded, old_revision
from workers.flows.evidence import Evidence, keys_of, untold
from workers.flows.words import endings, going, looks, reasons
from workers.turn import Next, Turn

PATIENCE_SECONDS = 30.0
"""What ECS gets to begin what it took the request for."""
STALE_SECONDS = 30.0
"""A read, or a call of ours that arrives late, may show the new revision once more for so long."""
BACK = "back "
"""Sets causes of trouble on the way back apart from those of the new version."""


def begun(deploy: Deploy, now: float) -> Deploy:
    """The deploy with the time at which its way back began."""
    return deploy if deploy.way_back is not None else deploy.evolve(way_back=WayBack(since=now))


def stop_taken(deploy: Deploy, now: float) -> Deploy:
    """ECS took the request to stop our rollout."""
    back = deploy.way_back or WayBack(since=now)
    return deploy.evolve(way_back=back.evolve(stop_taken_at=now))


def stop_forgotten(deploy: Deploy, now: float) -> Deploy:
    """ECS took that request and goes on all the same, which is said once."""
    back = deploy.way_back or WayBack(since=now)
    if back.stop_forgotten:
        return deploy
    text = going.stop_forgotten(old_revision(deploy))
    return deploy.saying(now, MilestoneKind.TROUBLE, text, way_back=back.evolve(stop_forgotten=True))


def updated(deploy: Deploy, now: float) -> Deploy:
    """An update set the recorded revision."""
    back = deploy.way_back or WayBack(since=now)
    return deploy if back.set_at is not None else deploy.evolve(way_back=back.evolve(set_at=now))


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
    undone = back.set_at is not None and now - back.set_at > STALE_SECONDS
    if undone and back.told_at is None:
        told = _told(again, turn, seen, limit) if seen.desired != 0 else _told_of_zero(again, now)
        again = told.evolve(way_back=back.evolve(told_at=now))
    return Next(again.at(Phase.RESTORING, now), after=turn.pace.watch_seconds)


def _told(deploy: Deploy, turn: Turn, seen: ServiceSeen, limit: float) -> Deploy:
    """That it does not hold. Where the channel was told already that the old version does not start, which is
    why, the thread alone is told.
    """
    alarmed = told_of(deploy)
    fresh = untold(deploy, why(deploy, turn, seen).causes, BACK)
    words = looks.goes_away_again if alarmed else looks.does_not_hold
    text = words(deploy, old_revision(deploy), limit, fresh)
    told = (*deploy.told_causes, *keys_of(fresh, BACK))
    return deploy.saying(turn.now(), MilestoneKind.TROUBLE, text, broadcast=not alarmed, told_causes=told)


def _told_of_zero(deploy: Deploy, now: float) -> Deploy:
    """That the count does not hold: nothing else brings the service back."""
    count = deploy.original.desired_count if deploy.original else 0
    text = looks.zero_again(old_revision(deploy), count)
    return deploy.saying(now, MilestoneKind.TROUBLE, text, broadcast=True)


def told_of(deploy: Deploy) -> bool:
    """Whether somebody was asked to look at the old version, which does not come up again. Pure."""
    unheld = deploy.way_back is not None and deploy.way_back.told_at is not None
    return unheld or any(each.startswith(BACK) for each in deploy.told_causes)


def why(deploy: Deploy, turn: Turn, seen: ServiceSeen) -> Evidence:
    """Why tasks of the recorded revision do not start on the way back."""
    service = deploy.service
    since = deploy.way_back.since if deploy.way_back else deploy.phase_since
    listed = attempt(lambda: tasks.of_service(turn.region, service.cluster, service.ecs_service))
    if isinstance(listed, SlipwayError):
        return Evidence(unread=unread.new(deploy, unread.tasks(listed)))
    stopped = [task for task in listed if is_recorded(deploy, task.revision) and task.stop_code]
    present = seen.primary.id if seen.primary else ""
    events = [event for event in seen.events if not names_another(event.message, present)]
    return Evidence(explain(stopped, events, since))
