"""Trouble on the way back: why tasks of the old version do not come up again, told while it goes on."""

from __future__ import annotations

from deploys.deploy import Deploy, MilestoneKind
from workers.ecs.seen import ServiceSeen
from workers.ecs.why import explain
from workers.flows.ending import old_revision
from workers.flows.evidence import Evidence, causes, gather, own_events
from workers.flows.following import kind
from workers.flows.words import going
from workers.turn import Turn


def way_back(deploy: Deploy, seen: ServiceSeen | None) -> Deploy | None:
    """The way back as if it were a deploy of the old revision, for its evidence; None while ECS shows no
    deployment of that. Pure.
    """
    primary = seen.primary if seen else None
    if primary is None or primary.id == deploy.deployment_id or primary.revision != old_revision(deploy):
        return None
    since = max(primary.created_at, deploy.started_at or deploy.requested_at)
    return deploy.evolve(deployment_id=primary.id, new_revision=primary.revision, started_at=since)


def tell_trouble_back(deploy: Deploy, turn: Turn, seen: ServiceSeen) -> Deploy:
    """Each cause once, in the channel: nothing else brings the service back now."""
    back = way_back(deploy, seen)
    if back is None or seen.primary is None:
        return deploy
    if seen.primary.failed == 0 and not explain((), own_events(back, seen), back.started_at or 0.0):
        return deploy
    told = deploy.told_causes
    fresh = tuple(cause for cause in causes(back, turn, seen) if f"back {kind(cause)}" not in told)
    if not fresh:
        return deploy
    return deploy.saying(
        turn.now(),
        MilestoneKind.TROUBLE,
        going.back_in_trouble(old_revision(deploy), fresh),
        broadcast=True,
        told_causes=(*told, *(f"back {kind(cause)}" for cause in fresh)),
    )


def gather_back(deploy: Deploy, turn: Turn, seen: ServiceSeen) -> Evidence:
    """Why the old version does not come up."""
    back = way_back(deploy, seen)
    return gather(back, turn, seen) if back is not None else Evidence()
