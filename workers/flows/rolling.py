"""Phase UPDATING: the service is pointed at the new revision; ECS replaces the tasks."""

from __future__ import annotations

from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase
from workers.ecs import services
from workers.ecs.seen import DeploymentSeen
from workers.flows.ending import go_back, gone, old_revision, superseded, withdraw
from workers.flows.identity import about_to_update, follow_ours
from workers.flows.running_images import with_images_before
from workers.flows.words import going, reasons
from workers.turn import Next, Turn


def update(deploy: Deploy, turn: Turn) -> Next:
    """Updates the service, or finds that an earlier try already did."""
    service = deploy.service
    seen = turn.service()
    if seen is None or seen.status != "ACTIVE":
        return gone(deploy, turn, seen)
    if seen.revision == deploy.new_revision:
        return follow_ours(deploy, turn, seen, under_way)
    if deploy.cancel:
        return _cancel(deploy, turn)
    if seen.revision != old_revision(deploy):
        return superseded(deploy, turn, seen)
    deploy = turn.write(about_to_update(with_images_before(deploy, turn), seen))
    turn.guard()
    updated = services.update(turn.region, service.cluster, service.ecs_service, revision=deploy.new_revision)
    return follow_ours(deploy, turn, updated, under_way)


def under_way(deploy: Deploy, made: DeploymentSeen, now: float) -> Deploy:
    """The deploy with the identity of its rollout."""
    ours = deploy.evolve(deployment_id=made.id, started_at=now)
    told = ours.saying(now, MilestoneKind.PROGRESS, going.updating(ours))
    return told.at(Phase.FOLLOWING, now)


def _cancel(deploy: Deploy, turn: Turn) -> Next:
    if not deploy.update_tried:
        return withdraw(deploy, turn)
    user = deploy.cancel.user if deploy.cancel else deploy.requester
    return go_back(deploy.evolve(uncertain=True), turn, Outcome.CANCELLED, reasons.cancel_reason(user))
