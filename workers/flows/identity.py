"""Whose rollout it is: the PRIMARY deployment that our update made, and no other."""

from __future__ import annotations

from collections.abc import Callable

from deploys.deploy import Deploy, Outcome
from workers.ecs.seen import DeploymentSeen, ServiceSeen
from workers.flows.ending import go_back
from workers.flows.words import reasons
from workers.turn import Next, Turn


def about_to_update(deploy: Deploy, seen: ServiceSeen) -> Deploy:
    """The intent to update the service, with the deployment before, by which ours is told apart. Pure.

    Where an earlier try has made ours already, PRIMARY is that one, whatever count somebody set since.
    """
    made = deploy.update_tried and seen.revision == deploy.new_revision
    primary = seen.primary.id if seen.primary else None
    return deploy.evolve(
        update_tried=True,
        uncertain=deploy.update_tried,
        previous_deployment_id=deploy.previous_deployment_id if made else primary,
    )


def ours(deploy: Deploy, seen: ServiceSeen) -> DeploymentSeen | None:
    """The deployment that our update made; None while ECS shows the one before it. Pure.

    To follow that one would take our own deployment, once it shows, for somebody else's.
    """
    primary = seen.primary
    if primary is None or primary.id == deploy.previous_deployment_id:
        return None
    return primary if primary.revision == deploy.new_revision else None


def follow_ours(
    deploy: Deploy,
    turn: Turn,
    seen: ServiceSeen,
    under_way: Callable[[Deploy, DeploymentSeen, float], Deploy],
) -> Next:
    """On to following it; while ECS does not show it, another look."""
    now = turn.now()
    if (made := ours(deploy, seen)) is not None:
        return Next(under_way(deploy, made, now))
    if deploy.cancel:
        return go_back(deploy, turn, Outcome.CANCELLED, reasons.cancel_reason(deploy.cancel.user))
    if now - deploy.phase_since > deploy.service.deadline:
        return go_back(deploy, turn, Outcome.ROLLED_BACK, reasons.never_shown(deploy))
    return Next(deploy, after=turn.pace.watch_seconds)
