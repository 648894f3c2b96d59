"""Phase SETTLING: later than any call of ours could still arrive, a look proves that the end held."""

from __future__ import annotations

from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.retries import Observation
from deploys.records.thread_messages import ThreadMessageKind
from workers.ecs import services
from workers.ecs.state import ServiceState
from workers.flows.best_effort import attempt
from workers.flows.ending import confirm_twice, is_recorded_revision, recorded_revision, rollback_revision
from workers.flows.rollback.deregistered_revision import ensure_active
from workers.flows.stopped_service import restore_tags, scaling_suspension
from workers.flows.stopped_service.restore_tags import RESTORE_TAG
from workers.flows.strategies.stop_start import remove_restore_tags
from workers.messages import alerts
from workers.step_context import StepContext, StepResult


def settle_deploy(deploy: Deploy, context: StepContext) -> StepResult:
    """A service at zero comes first, then scaling is put back. Sets right what a late call moved, loudly, and
    looks again; otherwise the deploy is done."""
    now = context.now()
    seen = context.read_service()
    there = seen if seen is not None and seen.status == "ACTIVE" else None
    if (
        there is not None
        and deploy.stop.restore_point is not None
        and restore_tags.belongs_to_another(there.tags, deploy.id)
    ):
        # This record is older than its end: the next deploy has the service.
        return StepResult(deploy.in_phase(Phase.ENDED, now))
    if there is not None and is_left_at_zero(deploy, there) and deploy.rollout.corrected_at is None:
        count = deploy.stop.restore_point.desired_count if deploy.stop.restore_point else 0
        return _repair_service(deploy, context, there, count)
    if deploy.stop.scaling is not None and deploy.stop.scaling.may_be_suspended:
        left = scaling_suspension.restore_scaling(deploy, context, seen)
        return StepResult(left.deploy, max(left.delay, seconds_until_settled(left.deploy, context)))
    if there is None:
        return confirm_twice(deploy, context, Observation.SERVICE_DELETED) or StepResult(
            deploy.in_phase(Phase.ENDED, now)
        )
    if is_left_at_zero(deploy, there):
        told = deploy.with_message(
            now, ThreadMessageKind.PROBLEM, alerts.zero_again_after_end(), broadcast=True
        )
        return StepResult(_without_restore_tags(told, context).in_phase(Phase.ENDED, now))
    if is_moved_late(deploy, there) and deploy.rollout.corrected_at is not None:
        text = alerts.other_revision_after_end(rollback_revision(deploy), there.revision)
        told = deploy.with_message(now, ThreadMessageKind.PROBLEM, text, broadcast=True)
        return StepResult(_without_restore_tags(told, context).in_phase(Phase.ENDED, now))
    if is_moved_late(deploy, there):
        return _repair_service(deploy, context, there, None)
    again = scaling_suspension.restore_again_if_suspended(deploy, context)
    if again is not None:
        return StepResult(again)
    return StepResult(_without_restore_tags(deploy, context).in_phase(Phase.ENDED, now))


def seconds_until_settled(deploy: Deploy, context: StepContext) -> float:
    """Seconds until no late call could change the service any more."""
    if deploy.stop.scaling is not None and deploy.stop.scaling.may_be_suspended:
        return 0.0
    could_move = deploy.stop.requested_at is not None or deploy.ecs.update_uncertain
    if not could_move and not (deploy.stop.scaling is not None and deploy.stop.scaling.suspend_tried):
        return 0.0
    return max(0.0, (deploy.ended_at or 0.0) + context.timing.settle_seconds - context.now())


def _without_restore_tags(deploy: Deploy, context: StepContext) -> Deploy:
    """With the restore tag taken off the service; one that stays there is said, and stops nothing."""
    if deploy.stop.restore_point is None:
        return deploy
    failed = attempt(lambda: remove_restore_tags(deploy, context), attempts=deploy.retries.attempts)
    if failed is None:
        return deploy
    text = alerts.tag_not_removed(RESTORE_TAG, failed.message)
    return deploy.with_message(context.now(), ThreadMessageKind.PROBLEM, text)


def is_left_at_zero(deploy: Deploy, ecs_service: ServiceState) -> bool:
    """Whether a service that we stopped still, or again, wants no task."""
    return deploy.stop.requested_at is not None and ecs_service.desired == 0


def is_moved_late(deploy: Deploy, ecs_service: ServiceState) -> bool:
    """Whether the new revision arrived after it was taken back."""
    if deploy.rollback.progress is not None and deploy.rollback.progress.gave_up:
        return False
    undone = deploy.outcome not in (Outcome.SUCCEEDED, Outcome.SUPERSEDED)
    return undone and deploy.ecs.new_revision is not None and ecs_service.revision == deploy.ecs.new_revision


def _repair_service(
    deploy: Deploy, context: StepContext, ecs_service: ServiceState, count: int | None
) -> StepResult:
    """count: what the desired count is set to (tasks); None where only the revision was moved."""
    service = deploy.service
    kept = deploy.outcome in (Outcome.SUCCEEDED, Outcome.SUPERSEDED) or is_recorded_revision(
        deploy, ecs_service.revision
    )
    if not kept:
        able = ensure_active(deploy, context, ecs_service)
        if able is None and count is None:
            lost = alerts.restore_revision_deleted(deploy, recorded_revision(deploy), ecs_service.revision)
            told = deploy.with_message(context.now(), ThreadMessageKind.PROBLEM, lost, broadcast=True)
            return StepResult(_without_restore_tags(told, context).in_phase(Phase.ENDED, context.now()))
        kept, deploy = able is None, able or deploy
    text = (
        alerts.new_revision_after_end(rollback_revision(deploy))
        if count is None
        else alerts.zero_after_end(count)
    )
    told = context.write_intent(
        deploy.with_message(
            context.now(),
            ThreadMessageKind.PROBLEM,
            text,
            broadcast=True,
            rollout={"corrected_at": context.now()},
        )
    )
    context.guard()
    services.update(
        context.region,
        service.cluster,
        service.ecs_service,
        revision=None if kept else rollback_revision(told),
        desired=count,
    )
    return StepResult(told, delay=context.timing.settle_seconds)
