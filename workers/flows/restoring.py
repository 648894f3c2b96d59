"""Phases RESTORING and FOLLOWING_BACK: the recorded revision and count come back, and it is followed."""

from __future__ import annotations

from deploys.catalogue.service import Strategy
from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase
from deploys.errors import AwsDenied, AwsError, AwsRefused, AwsUnavailable, ServiceDeploymentsUnavailable
from workers.ecs import rollouts, services, tasks
from workers.ecs.seen import ServiceDeploymentSeen, ServiceSeen
from workers.flows import autoscaling, lingering
from workers.flows.deadline import back_deadline
from workers.flows.ecs_back import back_at, gone_back, noted
from workers.flows.ending import end, gone, is_own, old_revision, superseded
from workers.flows.evidence import gather
from workers.flows.following import own_deployment, progress
from workers.flows.pauses_back import continue_back
from workers.flows.restorable import restorable, with_images_kept
from workers.flows.running_images import tell_back
from workers.flows.stop_start import original_of, taken
from workers.flows.trouble_back import not_back, tell_trouble_back
from workers.flows.way_back import (
    PATIENCE_SECONDS,
    begun,
    set_again,
    stop_forgotten,
    stop_taken,
    updated,
)
from workers.flows.words import endings, looks
from workers.turn import Next, Turn

STOPPABLE = {"PENDING", "IN_PROGRESS"}
"""States in which StopServiceDeployment rolls back (ECS API reference)."""
SHOWN_WITHIN_SECONDS = 20.0
"""After an update, ECS may take some seconds to list its service deployment."""
WAY_BACK = {"ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "STOP_REQUESTED"}


def restore(deploy: Deploy, turn: Turn) -> Next:
    """Brings back the recorded revision and, where the service was stopped, its count, in one update."""
    seen = turn.service()
    if seen is None or seen.status != "ACTIVE":
        return gone(deploy, turn, seen)
    if not is_own(deploy, seen.revision) and not gone_back(deploy, seen):
        return _superseded(deploy, turn, seen)
    deploy = begun(deploy, turn.now())
    if not _as_recorded(deploy, seen):
        deploy = restorable(deploy, turn)
    if deploy.service.strategy is Strategy.STOP_START:
        return _restore_stopped(deploy, turn, seen)
    return _restore_rolling(deploy, turn, seen)


def _as_recorded(deploy: Deploy, seen: ServiceSeen) -> bool:
    """Whether the service is set to what was recorded, so that there is nothing to set again. Pure."""
    return seen.revision == old_revision(deploy) and (deploy.original is None or seen.desired != 0)


def _restore_rolling(deploy: Deploy, turn: Turn, seen: ServiceSeen) -> Next:
    old = old_revision(deploy)
    if seen.revision == old:
        # Still the deployment before ours: the update never arrived, may arrive yet, or the read is stale.
        never_moved = seen.primary is not None and seen.primary.id == deploy.previous_deployment_id
        return _followed_back(deploy.evolve(uncertain=deploy.uncertain or never_moved), turn)
    own, may_show_yet = _to_be_stopped(deploy, turn)
    if own is None and may_show_yet:
        return Next(deploy, after=turn.pace.watch_seconds)
    if own is not None and own.status in WAY_BACK:
        return _followed_back(deploy, turn)
    taken_at = deploy.way_back.stop_taken_at if deploy.way_back else None
    if own is not None and own.status in STOPPABLE and taken_at is None:
        turn.guard()
        try:
            rollouts.stop(turn.region, own.arn)
        except (AwsRefused, AwsDenied, ServiceDeploymentsUnavailable):
            pass  # it ended in this moment, or may not be stopped: the update below does the same
        else:
            return _followed_back(stop_taken(deploy, turn.now()), turn)
    elif own is not None and own.status in STOPPABLE and taken_at is not None:
        if turn.now() - taken_at < PATIENCE_SECONDS:
            return _followed_back(deploy, turn)
        deploy = turn.write(stop_forgotten(deploy, turn.now()))
    service = deploy.service
    deploy = with_images_kept(deploy, turn)
    turn.guard()
    services.update(turn.region, service.cluster, service.ecs_service, revision=old_revision(deploy))
    return _followed_back(updated(deploy, turn.now()), turn)


def _to_be_stopped(deploy: Deploy, turn: Turn) -> tuple[ServiceDeploymentSeen | None, bool]:
    """ECS's record of our rollout, and whether another look may show it.

    Where traffic is shifted that is worth a wait: to stop it is quick, while a new deployment of the old
    revision would start its tasks and shift the traffic anew.
    """
    native = deploy.service.strategy is Strategy.NATIVE and deploy.deployment_id is not None
    early = native and turn.now() - deploy.phase_since < SHOWN_WITHIN_SECONDS
    try:
        return turn.service_deployment(), early
    except AwsUnavailable:
        return None, early
    except AwsError:
        return None, False


def _restore_stopped(deploy: Deploy, turn: Turn, seen: ServiceSeen) -> Next:
    """Strict order holds on the way back too: nothing starts before everything that stops is STOPPED."""
    count = original_of(deploy).desired_count
    service = deploy.service
    if seen.revision == old_revision(deploy) and seen.desired != 0:
        # It runs already: to stop it once more would only mean more downtime.
        if seen.desired != count:
            turn.guard()
            services.update(turn.region, service.cluster, service.ecs_service, desired=count)
        return _followed_back(deploy, turn)
    if seen.desired != 0:
        deploy = autoscaling.suspended_again(deploy, turn, seen)
        turn.guard()
        services.update(turn.region, service.cluster, service.ecs_service, desired=0)
        raised = looks.count_does_not_hold(seen.desired)
        return Next(_tell_waiting(deploy, turn, raised), after=turn.pace.watch_seconds)
    known = tasks.of_service(turn.region, service.cluster, service.ecs_service)
    protected = lingering.protections(deploy, turn, known)
    in_the_way = lingering.in_the_way(deploy, seen, known, protected, turn.now())
    deploy = deploy.evolve(alive=lingering.shown(in_the_way, protected))
    if in_the_way:
        waits = looks.restoring_waits(deploy, turn.now())
        return Next(_tell_waiting(deploy, turn, waits), after=turn.pace.watch_seconds)
    deploy = with_images_kept(deploy, turn)
    turn.guard()
    services.update(
        turn.region,
        service.cluster,
        service.ecs_service,
        revision=old_revision(deploy),
        desired=count,
    )
    return _followed_back(updated(deploy, turn.now()), turn)


def _tell_waiting(deploy: Deploy, turn: Turn, text: str) -> Deploy:
    """Loud, once, when the tasks take longer to stop than a whole rollout may."""
    if turn.now() - deploy.phase_since <= deploy.service.deadline or deploy.loud_at is not None:
        return deploy
    return deploy.saying(
        turn.now(),
        MilestoneKind.TROUBLE,
        text,
        broadcast=True,
        loud_at=turn.now(),
    )


def _followed_back(deploy: Deploy, turn: Turn) -> Next:
    now = turn.now()
    back = deploy.at(
        Phase.FOLLOWING_BACK,
        now,
        alive=(),
    )
    return Next(back, after=turn.pace.watch_seconds / 2)


def follow_back(deploy: Deploy, turn: Turn) -> Next:
    """Looks at the way back until it is done."""
    now = turn.now()
    seen = turn.service()
    if seen is None or seen.status != "ACTIVE":
        return gone(deploy, turn, seen)
    own = own_deployment(turn)
    deploy = noted(deploy.evolve(rollout=progress(deploy, seen, own)), seen, own)
    if _must_restore_again(deploy, seen, own):
        return set_again(deploy, turn, seen, back_deadline(deploy))
    if not is_own(deploy, seen.revision) and not gone_back(deploy, seen):
        return _superseded(deploy, turn, seen)
    if is_back(deploy, seen, own):
        if deploy.seen_end != "back":
            return Next(deploy.evolve(seen_end="back"), after=turn.pace.watch_seconds / 2)
        return _finish(deploy, turn, seen)
    deploy = deploy.evolve(seen_end="")
    if own is None or own.status not in WAY_BACK:
        deploy = continue_back(deploy, turn, seen)
    if now - deploy.phase_since > back_deadline(deploy):
        return end(deploy, turn, Outcome.FAILED, not_back(deploy, turn, seen))
    return Next(tell_trouble_back(deploy, turn, seen), after=turn.pace.watch_seconds)


def is_back(deploy: Deploy, seen: ServiceSeen, own: ServiceDeploymentSeen | None) -> bool:
    """Whether the recorded revision serves again. Pure."""
    primary = seen.primary
    if primary is None or not (primary.revision == old_revision(deploy) or gone_back(deploy, seen)):
        return False
    if own is not None and own.status in WAY_BACK:
        return False
    if deploy.original is not None and (seen.desired == 0 or seen.running < seen.desired):
        return False
    if primary.rollout_state:
        return primary.rollout_state == "COMPLETED"
    return len(seen.deployments) == 1 and seen.running >= seen.desired


def _must_restore_again(deploy: Deploy, seen: ServiceSeen, own: ServiceDeploymentSeen | None) -> bool:
    """Whether the service neither is nor moves to what was set: a late write, a failed rollback. Pure."""
    if deploy.original is not None and seen.desired == 0:
        return True
    if seen.revision == old_revision(deploy) or seen.revision != deploy.new_revision:
        return False
    return own is None or own.status not in WAY_BACK


def _finish(deploy: Deploy, turn: Turn, seen: ServiceSeen) -> Next:
    old = old_revision(deploy)
    now_at = back_at(deploy) if gone_back(deploy, seen) else old
    if deploy.stop_requested_at is not None:
        deploy = deploy.evolve(serving_at=turn.now())
    deploy = tell_back(deploy, turn, now_at)
    if deploy.back_to is Outcome.CANCELLED:
        user = deploy.cancel.user if deploy.cancel else deploy.requester
        return end(
            deploy, turn, Outcome.CANCELLED, endings.cancelled_back(deploy, now_at, user, recorded=old)
        )
    text = endings.rolled_back(deploy, now_at, deploy.reason, gather(deploy, turn, seen), recorded=old)
    return end(deploy, turn, deploy.back_to or Outcome.ROLLED_BACK, text)


def _superseded(deploy: Deploy, turn: Turn, seen: ServiceSeen) -> Next:
    if deploy.original is not None:
        return taken(deploy, turn, seen)
    return superseded(deploy, turn, seen)
