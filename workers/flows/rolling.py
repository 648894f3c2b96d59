"""Phase UPDATING: the service is pointed at the new revision; ECS replaces the tasks."""

from __future__ import annotations

import structlog

from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase
from workers.ecs import services, task_definitions
from workers.ecs.seen import DeploymentSeen
from workers.flows.best_effort import attempt
from workers.flows.ending import go_back, gone, old_revision, superseded, withdraw
from workers.flows.identity import about_to_update, follow_ours
from workers.flows.running_images import with_images_before
from workers.flows.task_limits import check_limits
from workers.flows.words import going, reasons
from workers.turn import Next, Turn

log = structlog.get_logger()


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
    if not deploy.update_tried:
        check_limits(service, seen)  # the count may be another since the plan
    deploy = turn.write(about_to_update(with_images_before(deploy, turn), seen))
    if not deploy.registered and deploy.new_revision is not None:
        mark_return(deploy, turn, deploy.new_revision, replaces=old_revision(deploy))
    turn.guard()
    updated = services.update(turn.region, service.cluster, service.ecs_service, revision=deploy.new_revision)
    return follow_ours(deploy, turn, updated, under_way)


def mark_return(deploy: Deploy, turn: Turn, revision: str, *, replaces: str) -> None:
    """Before an update to a revision that was there before, which carries the id of another deploy if any:
    tells that this rollout is ours, should the record forget it.

    A mark that AWS does not take keeps nobody from going back.
    """
    turn.guard()
    failed = attempt(lambda: task_definitions.mark_rollback(turn.region, revision, deploy.id, replaces))
    if failed is not None:
        log.warning("the revision could not be marked", deploy=deploy.id, error=failed.message)


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
