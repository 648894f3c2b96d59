"""Phases RESTORING and FOLLOWING_BACK: the recorded revision and count come back, and it is followed."""

from __future__ import annotations

from deploys.catalogue.service import Strategy
from deploys.errors import AwsUnavailable
from deploys.records.deploy import Deploy, Outcome, Phase, ThreadMessageKind
from deploys.records.rollback import RollbackProgress
from workers.ecs import service_deployments, services, tasks
from workers.ecs.state import ServiceDeploymentState, ServiceState
from workers.flows.best_effort import best_effort
from workers.flows.ending import (
    confirm_service_deleted,
    confirm_superseded,
    confirm_twice,
    end_deploy,
    is_own_revision,
    is_recorded_revision,
    recorded_revision,
    rollback_revision,
)
from workers.flows.observe.deadline import rollback_deadline
from workers.flows.observe.ecs_rollback import ecs_rollback_revision, is_at_ecs_rollback, note_ecs_rollback
from workers.flows.observe.failure_evidence import gather_evidence
from workers.flows.observe.image_comparison import report_restored_images
from workers.flows.rollback.deregistered_revision import ensure_active, set_recorded_revision
from workers.flows.rollback.rollback_failures import report_rollback_failures, rollback_overdue_text
from workers.flows.rollback.rollback_images import keep_images
from workers.flows.rollback.rollback_pauses import continue_rollback_pauses
from workers.flows.rollback.rollback_retry import (
    STOP_GRACE_SECONDS,
    retry_rollback,
    with_rollback_begun,
    with_stop_accepted,
    with_stop_ignored,
    with_update_sent,
)
from workers.flows.rollout.following import read_progress, read_service_deployment
from workers.flows.stopped_service import scaling_suspension, slow_tasks
from workers.flows.strategies.rolling import tag_rollback_revision
from workers.flows.strategies.stop_start import end_superseded_while_stopped, require_restore_point
from workers.messages import alerts, outcomes, rollback_reasons
from workers.messages.evidence import NO_EVIDENCE
from workers.step_context import StepContext, StepResult

STOPPABLE_STATUSES = {"PENDING", "IN_PROGRESS"}
"""States in which StopServiceDeployment rolls back (ECS API reference)."""
LISTED_WITHIN_SECONDS = 20.0
"""After an update, ECS may take some seconds to list its service deployment."""
ROLLBACK_STATUSES = {"ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "STOP_REQUESTED"}


def restore_service(deploy: Deploy, context: StepContext) -> StepResult:
    """Brings back the recorded revision and, where the service was stopped, its count, in one update."""
    seen = context.read_service()
    if seen is None or seen.status != "ACTIVE":
        return confirm_service_deleted(deploy, context, seen)
    if not is_own_revision(deploy, seen.revision) and not is_at_ecs_rollback(deploy, seen):
        return _end_superseded(deploy, context, seen)
    deploy = with_rollback_begun(deploy, context.now())
    if deploy.service.strategy is not Strategy.STOP_START:
        return _restore_by_rollout(deploy, context, seen)
    able = ensure_active(deploy, context, seen)
    return _restore_stopped_service(able, context, seen) if able else _end_unrestorable(deploy, context, seen)


def _end_unrestorable(deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> StepResult:
    """The recorded revision was deleted: the service keeps what it is set to, and its count."""
    if again := confirm_twice(deploy, context, "recorded revision deleted"):
        return again
    service, back = deploy.service, deploy.rollback.progress or RollbackProgress(started_at=context.now())
    if deploy.stop.restore_point is not None and ecs_service.desired == 0:
        context.guard()
        count = deploy.stop.restore_point.desired_count
        services.update(context.region, service.cluster, service.ecs_service, desired=count)
    reason = rollback_reasons.restore_revision_deleted(
        deploy, recorded_revision(deploy), ecs_service.revision
    )
    text = outcomes.failed(reason, NO_EVIDENCE)
    return end_deploy(
        deploy.evolve(rollback={"progress": back.evolve(gave_up=True)}), context, Outcome.FAILED, text
    )


def _restore_by_rollout(deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> StepResult:
    if is_recorded_revision(deploy, ecs_service.revision):
        # Still the deployment before ours: the update never arrived, may arrive yet, or the read is stale.
        never_moved = (
            ecs_service.primary is not None and ecs_service.primary.id == deploy.ecs.previous_deployment_id
        )
        return _to_following_rollback(
            deploy.evolve(ecs={"update_uncertain": deploy.ecs.update_uncertain or never_moved}), context
        )
    own, may_show_yet = _find_stoppable_rollout(deploy, context)
    if own is None and may_show_yet:
        return StepResult(deploy, delay=context.timing.watch_seconds)
    if own is not None and own.status in ROLLBACK_STATUSES:
        return _to_following_rollback(deploy, context)
    taken_at = deploy.rollback.progress.stop_accepted_at if deploy.rollback.progress else None
    if own is not None and own.status in STOPPABLE_STATUSES and taken_at is None:
        arn = own.arn
        context.guard()
        if best_effort(lambda: _stop_rollout(context, arn), False, attempts=deploy.retries.attempts):
            return _to_following_rollback(with_stop_accepted(deploy, context.now()), context)
        # It ended in this moment, or cannot be stopped: the update below does the same.
    elif own is not None and own.status in STOPPABLE_STATUSES and taken_at is not None:
        if context.now() - taken_at < STOP_GRACE_SECONDS:
            return _to_following_rollback(deploy, context)
        deploy = context.write_intent(with_stop_ignored(deploy, context.now()))
    able, service = ensure_active(deploy, context, ecs_service), deploy.service
    if able is None:
        return _end_unrestorable(deploy, context, ecs_service)
    able = keep_images(able, context, ecs_service)
    tag_rollback_revision(able, context, rollback_revision(able), replaces=ecs_service.revision)
    context.guard()
    services.update(context.region, service.cluster, service.ecs_service, revision=rollback_revision(able))
    return _to_following_rollback(with_update_sent(able, context.now()), context)


def _stop_rollout(context: StepContext, arn: str) -> bool:
    """ECS took the request to stop this rollout."""
    service_deployments.stop(context.region, arn)
    return True


def _find_stoppable_rollout(
    deploy: Deploy, context: StepContext
) -> tuple[ServiceDeploymentState | None, bool]:
    """ECS's record of our rollout, and whether another look may show it.

    Where traffic is shifted that is worth a wait: to stop it is quick, while a new deployment of the old
    revision would start its tasks and shift the traffic anew.
    """
    native = deploy.service.strategy is Strategy.NATIVE and deploy.ecs.deployment_id is not None
    early = native and context.now() - deploy.phase_since < LISTED_WITHIN_SECONDS
    unseen: tuple[ServiceDeploymentState | None, bool] = (None, False)
    try:
        return best_effort(lambda: (context.read_service_deployment(), early), unseen, attempts=0)
    except AwsUnavailable:
        return None, early


def _restore_stopped_service(deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> StepResult:
    """Strict order holds on the rollback too: nothing starts before everything that stops is STOPPED."""
    count = require_restore_point(deploy).desired_count
    service = deploy.service
    if is_recorded_revision(deploy, ecs_service.revision) and ecs_service.desired != 0:
        # It runs already: to stop it once more would only mean more downtime.
        if ecs_service.desired != count:
            context.guard()
            services.update(context.region, service.cluster, service.ecs_service, desired=count)
        return _to_following_rollback(deploy, context)
    if ecs_service.desired != 0:
        deploy = scaling_suspension.suspend_scaling_again(deploy, context, ecs_service)
        context.guard()
        services.update(context.region, service.cluster, service.ecs_service, desired=0)
        raised = alerts.count_keeps_changing(ecs_service.desired)
        return StepResult(_alert_if_waiting_long(deploy, context, raised), delay=context.timing.watch_seconds)
    known = tasks.list_service_tasks(context.region, service.cluster, service.ecs_service)
    protected = slow_tasks.read_protections(deploy, context, known)
    in_the_way = slow_tasks.list_blocking_tasks(deploy, ecs_service, known, protected, context.now())
    deploy = deploy.evolve(stop={"old_tasks": slow_tasks.list_running_tasks(in_the_way, protected)})
    if in_the_way:
        waits = alerts.rollback_waits_for_tasks(deploy, context.now())
        return StepResult(_alert_if_waiting_long(deploy, context, waits), delay=context.timing.watch_seconds)
    deploy = keep_images(deploy, context, ecs_service)
    if not is_recorded_revision(deploy, ecs_service.revision):
        tag_rollback_revision(deploy, context, rollback_revision(deploy), replaces=ecs_service.revision)
    set_recorded_revision(deploy, context, ecs_service, count)
    return _to_following_rollback(with_update_sent(deploy, context.now()), context)


def _alert_if_waiting_long(deploy: Deploy, context: StepContext, text: str) -> Deploy:
    """Loud, once, when the tasks take longer to stop than a whole rollout may."""
    if (
        context.now() - deploy.phase_since <= deploy.service.deadline
        or deploy.retries.channel_told_at is not None
    ):
        return deploy
    return deploy.with_message(
        context.now(),
        ThreadMessageKind.PROBLEM,
        text,
        broadcast=True,
        retries={"channel_told_at": context.now()},
    )


def _to_following_rollback(deploy: Deploy, context: StepContext) -> StepResult:
    now = context.now()
    back = deploy.in_phase(
        Phase.FOLLOWING_ROLLBACK,
        now,
        stop={"old_tasks": ()},
    )
    return StepResult(back, delay=context.timing.watch_seconds / 2)


def follow_rollback(deploy: Deploy, context: StepContext) -> StepResult:
    """Looks at the way back until it is done."""
    now = context.now()
    seen = context.read_service()
    if seen is None or seen.status != "ACTIVE":
        return confirm_service_deleted(deploy, context, seen)
    own = read_service_deployment(context)
    deploy = note_ecs_rollback(deploy.evolve(rollout={"counts": read_progress(deploy, seen, own)}), seen, own)
    if _must_restore_again(deploy, seen, own):
        return retry_rollback(deploy, context, seen, rollback_deadline(deploy))
    if not is_own_revision(deploy, seen.revision) and not is_at_ecs_rollback(deploy, seen):
        return _end_superseded(deploy, context, seen)
    if is_restored(deploy, seen, own):
        if deploy.pending_confirmation != "back":
            return StepResult(
                deploy.evolve(pending_confirmation="back"), delay=context.timing.watch_seconds / 2
            )
        return _finish_rollback(deploy, context, seen)
    deploy = deploy.evolve(pending_confirmation="")
    if now - deploy.phase_since > rollback_deadline(deploy):
        return end_deploy(deploy, context, Outcome.FAILED, rollback_overdue_text(deploy, context, seen))
    if own is None or own.status not in ROLLBACK_STATUSES:
        deploy = continue_rollback_pauses(deploy, context, seen)
    return StepResult(report_rollback_failures(deploy, context, seen), delay=context.timing.watch_seconds)


def is_restored(
    deploy: Deploy, ecs_service: ServiceState, service_deployment: ServiceDeploymentState | None
) -> bool:
    """Whether the recorded revision serves again. Pure."""
    primary = ecs_service.primary
    if primary is None or not (
        is_recorded_revision(deploy, primary.revision) or is_at_ecs_rollback(deploy, ecs_service)
    ):
        return False
    if service_deployment is not None and service_deployment.status in ROLLBACK_STATUSES:
        return False
    if deploy.stop.restore_point is not None and (
        ecs_service.desired == 0 or ecs_service.running < ecs_service.desired
    ):
        return False
    if primary.rollout_state:
        return primary.rollout_state == "COMPLETED"
    return len(ecs_service.deployments) == 1 and ecs_service.running >= ecs_service.desired


def _must_restore_again(
    deploy: Deploy, ecs_service: ServiceState, service_deployment: ServiceDeploymentState | None
) -> bool:
    """Whether the service neither is nor moves to what was set: a late write, a failed rollback. Pure."""
    if deploy.stop.restore_point is not None and ecs_service.desired == 0:
        return True
    if is_recorded_revision(deploy, ecs_service.revision) or ecs_service.revision != deploy.ecs.new_revision:
        return False
    return service_deployment is None or service_deployment.status not in ROLLBACK_STATUSES


def _finish_rollback(deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> StepResult:
    now_at = (
        ecs_rollback_revision(deploy) if is_at_ecs_rollback(deploy, ecs_service) else ecs_service.revision
    )
    recorded = recorded_revision(deploy)
    if deploy.stop.requested_at is not None:
        deploy = deploy.evolve(rollout={"serving_at": context.now()})
    deploy = report_restored_images(deploy, context, now_at)
    if deploy.rollback.outcome is Outcome.CANCELLED:
        user = deploy.cancel.user if deploy.cancel else deploy.request.requester
        return end_deploy(
            deploy,
            context,
            Outcome.CANCELLED,
            outcomes.cancelled_and_rolled_back(deploy, now_at, user, recorded=recorded),
        )
    text = outcomes.rolled_back(
        deploy,
        now_at,
        deploy.outcome_reason,
        gather_evidence(deploy, context, ecs_service),
        recorded=recorded,
    )
    return end_deploy(deploy, context, deploy.rollback.outcome or Outcome.ROLLED_BACK, text)


def _end_superseded(deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> StepResult:
    if deploy.stop.restore_point is not None:
        return end_superseded_while_stopped(deploy, context, ecs_service)
    return confirm_superseded(deploy, context, ecs_service)
