"""Phases RESTORING and FOLLOWING_BACK: the recorded revision and count come back, and it is followed."""

from __future__ import annotations

from deploys.catalogue.service import Strategy
from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase
from deploys.errors import AwsUnavailable
from deploys.way_back import WayBack
from workers.ecs import rollouts, services, tasks
from workers.ecs.seen import ServiceDeploymentSeen, ServiceSeen
from workers.flows import autoscaling, lingering
from workers.flows.best_effort import best_effort
from workers.flows.deadline import back_deadline
from workers.flows.ecs_back import back_at, gone_back, noted
from workers.flows.ending import (
    end,
    gone,
    is_own,
    is_recorded,
    look_again,
    old_revision,
    recorded_revision,
    superseded,
)
from workers.flows.evidence import NO_EVIDENCE, gather
from workers.flows.following import own_deployment, progress
from workers.flows.pauses_back import continue_back
from workers.flows.restorable import restorable, set_recorded
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
from workers.flows.words import endings, looks, reasons
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
    if deploy.service.strategy is not Strategy.STOP_START:
        return _restore_rolling(deploy, turn, seen)
    able = restorable(deploy, turn, seen)
    return _restore_stopped(able, turn, seen) if able else _not_restorable(deploy, turn, seen)


def _not_restorable(deploy: Deploy, turn: Turn, seen: ServiceSeen) -> Next:
    """The recorded revision was deleted: the service keeps what it is set to, and its count."""
    if again := look_again(deploy, turn, "recorded revision deleted"):
        return again
    service, back = deploy.service, deploy.way_back or WayBack(since=turn.now())
    if deploy.original is not None and seen.desired == 0:
        turn.guard()
        count = deploy.original.desired_count
        services.update(turn.region, service.cluster, service.ecs_service, desired=count)
    reason = reasons.recorded_deleted(deploy, recorded_revision(deploy), seen.revision)
    text = endings.failed(reason, NO_EVIDENCE)
    return end(deploy.evolve(way_back=back.evolve(in_vain=True)), turn, Outcome.FAILED, text)


def _restore_rolling(deploy: Deploy, turn: Turn, seen: ServiceSeen) -> Next:
    if is_recorded(deploy, seen.revision):
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
        arn = own.arn
        turn.guard()
        if best_effort(lambda: _stopped(turn, arn), False, attempts=deploy.attempts):
            return _followed_back(stop_taken(deploy, turn.now()), turn)
        # It ended in this moment, or cannot be stopped: the update below does the same.
    elif own is not None and own.status in STOPPABLE and taken_at is not None:
        if turn.now() - taken_at < PATIENCE_SECONDS:
            return _followed_back(deploy, turn)
        deploy = turn.write(stop_forgotten(deploy, turn.now()))
    able, service = restorable(deploy, turn, seen), deploy.service
    if able is None:
        return _not_restorable(deploy, turn, seen)
    turn.guard()
    services.update(turn.region, service.cluster, service.ecs_service, revision=old_revision(able))
    return _followed_back(updated(able, turn.now()), turn)


def _stopped(turn: Turn, arn: str) -> bool:
    """ECS took the request to stop this rollout."""
    rollouts.stop(turn.region, arn)
    return True


def _to_be_stopped(deploy: Deploy, turn: Turn) -> tuple[ServiceDeploymentSeen | None, bool]:
    """ECS's record of our rollout, and whether another look may show it.

    Where traffic is shifted that is worth a wait: to stop it is quick, while a new deployment of the old
    revision would start its tasks and shift the traffic anew.
    """
    native = deploy.service.strategy is Strategy.NATIVE and deploy.deployment_id is not None
    early = native and turn.now() - deploy.phase_since < SHOWN_WITHIN_SECONDS
    unseen: tuple[ServiceDeploymentSeen | None, bool] = (None, False)
    try:
        return best_effort(lambda: (turn.service_deployment(), early), unseen, attempts=0)
    except AwsUnavailable:
        return None, early


def _restore_stopped(deploy: Deploy, turn: Turn, seen: ServiceSeen) -> Next:
    """Strict order holds on the way back too: nothing starts before everything that stops is STOPPED."""
    count = original_of(deploy).desired_count
    service = deploy.service
    if is_recorded(deploy, seen.revision) and seen.desired != 0:
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
    set_recorded(deploy, turn, seen, count)
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
    if now - deploy.phase_since > back_deadline(deploy):
        return end(deploy, turn, Outcome.FAILED, not_back(deploy, turn, seen))
    if own is None or own.status not in WAY_BACK:
        deploy = continue_back(deploy, turn, seen)
    return Next(tell_trouble_back(deploy, turn, seen), after=turn.pace.watch_seconds)


def is_back(deploy: Deploy, seen: ServiceSeen, own: ServiceDeploymentSeen | None) -> bool:
    """Whether the recorded revision serves again. Pure."""
    primary = seen.primary
    if primary is None or not (is_recorded(deploy, primary.revision) or gone_back(deploy, seen)):
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
    if is_recorded(deploy, seen.revision) or seen.revision != deploy.new_revision:
        return False
    return own is None or own.status not in WAY_BACK


def _finish(deploy: Deploy, turn: Turn, seen: ServiceSeen) -> Next:
    now_at = back_at(deploy) if gone_back(deploy, seen) else seen.revision
    recorded = recorded_revision(deploy)
    if deploy.stop_requested_at is not None:
        deploy = deploy.evolve(serving_at=turn.now())
    if deploy.back_to is Outcome.CANCELLED:
        user = deploy.cancel.user if deploy.cancel else deploy.requester
        return end(
            deploy, turn, Outcome.CANCELLED, endings.cancelled_back(deploy, now_at, user, recorded=recorded)
        )
    text = endings.rolled_back(deploy, now_at, deploy.reason, gather(deploy, turn, seen), recorded=recorded)
    return end(deploy, turn, deploy.back_to or Outcome.ROLLED_BACK, text)


def _superseded(deploy: Deploy, turn: Turn, seen: ServiceSeen) -> Next:
    if deploy.original is not None:
        return taken(deploy, turn, seen)
    return superseded(deploy, turn, seen)
