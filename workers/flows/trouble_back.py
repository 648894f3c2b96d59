"""Trouble on the way back: why tasks of the old version do not come up again, told while it goes on."""

from __future__ import annotations

from dataclasses import replace

from deploys.deploy import Deploy, MilestoneKind
from workers.ecs.seen import ServiceSeen
from workers.ecs.why import explain
from workers.flows.deadline import back_deadline
from workers.flows.ecs_back import back_at
from workers.flows.ending import is_recorded, old_revision
from workers.flows.evidence import Evidence, gather, news, own_events
from workers.flows.way_back import BACK, told_of
from workers.flows.words import endings, going, reasons
from workers.turn import Turn

_OF_STARTING = ("unable to place a task", "failed to launch a task", "unable to consistently start tasks")
"""Events about tasks that do not start. Health checks may still fail of the new version's."""


def way_back(deploy: Deploy, seen: ServiceSeen | None) -> tuple[Deploy, ServiceSeen] | None:
    """The way back as if it were a deploy of the old revision, and the service with the events that are about
    it; None while ECS shows no deployment of that. Pure.
    """
    primary = seen.primary if seen else None
    if seen is None or primary is None:
        return None
    goes_back = is_recorded(deploy, primary.revision) or primary.revision == back_at(deploy)
    if primary.id == deploy.deployment_id or not goes_back:
        return None
    since = max(primary.created_at, deploy.started_at or deploy.requested_at)
    back = deploy.evolve(deployment_id=primary.id, new_revision=primary.revision, started_at=since)
    events = tuple(e for e in seen.events if any(words in e.message for words in _OF_STARTING))
    return back, replace(seen, events=events)


def tell_trouble_back(deploy: Deploy, turn: Turn, seen: ServiceSeen | None) -> Deploy:
    """Each cause once, the first in the channel: nothing else brings the service back now."""
    found = way_back(deploy, seen)
    if found is None:
        return deploy
    back, about_it = found
    failed = about_it.primary.failed if about_it.primary else 0
    if failed == 0 and not explain((), own_events(back, about_it), back.started_at or 0.0):
        return deploy
    why, told = news(back, turn, about_it, BACK)
    if not why.causes and not why.unread:
        return deploy
    alarmed = told_of(deploy)
    words = going.back_in_more_trouble if alarmed else going.back_in_trouble
    text = words(back.new_revision or "", why)
    return deploy.saying(turn.now(), MilestoneKind.TROUBLE, text, broadcast=not alarmed, told_causes=told)


def not_back(deploy: Deploy, turn: Turn, seen: ServiceSeen | None) -> str:
    """That the way back took too long: why, and why it was taken."""
    found = way_back(deploy, seen)
    gave_up = seen is not None and seen.primary is not None and seen.primary.rollout_state == "FAILED"
    late = reasons.back_overdue(old_revision(deploy), back_deadline(deploy), gave_up)
    evidence = gather(found[0], turn, found[1]) if found is not None else Evidence()
    before = gather(deploy, turn, None)  # events by now are about the way back
    before = replace(before, unread=tuple(each for each in before.unread if each not in evidence.unread))
    return endings.failed_back(late, evidence, deploy.reason, before)
