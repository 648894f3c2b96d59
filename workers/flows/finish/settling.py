"""Phase SETTLING: once no late call of ours can arrive any more, a read proves that the end held."""

from __future__ import annotations

from dataclasses import replace

from deploys.records.confirmations import Observation
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from workers.ecs import services
from workers.ecs.state import ServiceState
from workers.flows.best_effort import attempt
from workers.flows.ending import confirm_twice
from workers.flows.own_revisions import is_recorded_revision, recorded_revision, rollback_revision
from workers.flows.restore.revision_copy import ensure_active
from workers.flows.stopped_service import scaling_suspension
from workers.flows.stopped_service.restore_tags import RESTORE_TAG
from workers.flows.strategies.registry import strategy_of
from workers.messages import alerts
from workers.step_context import StepContext, StepResult


def settle_deploy(deploy: Deploy, context: StepContext) -> StepResult:
    """A service at zero is repaired first, then scaling is put back. If a late call changed the service, that
    is undone, reported in the channel, and read again. Otherwise the deploy has ended.
    """
    now = context.now()
    ecs_service = context.read_service()
    active = ecs_service if ecs_service is not None and ecs_service.status == "ACTIVE" else None
    if active is not None and strategy_of(deploy).is_taken_over(deploy, context, active):
        # This record is older than its own end: a later deploy has the service.
        return StepResult(deploy.in_phase(Phase.ENDED, now))
    if active is not None and is_left_at_zero(deploy, active) and deploy.rollout.corrected_at is None:
        count = deploy.stop.count_to_restore
        return _repair_service(deploy, context, active, count)
    if deploy.stop.scaling is not None and deploy.stop.scaling.may_be_suspended:
        result = scaling_suspension.restore_scaling(deploy, context, ecs_service)
        return replace(result, delay=max(result.delay, seconds_until_settled(result.deploy, context)))
    if active is None:
        return confirm_twice(deploy, context, Observation.SERVICE_DELETED) or StepResult(
            deploy.in_phase(Phase.ENDED, now)
        )
    if is_left_at_zero(deploy, active):
        reported = deploy.with_message(
            now, ThreadMessageKind.PROBLEM, alerts.zero_again_after_end(), broadcast=True
        )
        return StepResult(_without_restore_tags(reported, context).in_phase(Phase.ENDED, now))
    if is_moved_late(deploy, active) and deploy.rollout.corrected_at is not None:
        text = alerts.other_revision_after_end(rollback_revision(deploy), active.revision)
        reported = deploy.with_message(now, ThreadMessageKind.PROBLEM, text, broadcast=True)
        return StepResult(_without_restore_tags(reported, context).in_phase(Phase.ENDED, now))
    if is_moved_late(deploy, active):
        return _repair_service(deploy, context, active, None)
    restoring = scaling_suspension.restore_again_if_suspended(deploy, context)
    if restoring is not None:
        return StepResult(restoring)
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
    """The restore tags are removed from the service. If that fails, the thread says so."""
    failed = attempt(lambda: strategy_of(deploy).clean_up(deploy, context), attempts=deploy.retries.attempts)
    if failed is None:
        return deploy
    text = alerts.tag_not_removed(RESTORE_TAG, failed.message)
    return deploy.with_message(context.now(), ThreadMessageKind.PROBLEM, text)


def is_left_at_zero(deploy: Deploy, ecs_service: ServiceState) -> bool:
    """Whether a service that we stopped wants no task, still or again."""
    return deploy.stop.requested_at is not None and ecs_service.desired == 0


def is_moved_late(deploy: Deploy, ecs_service: ServiceState) -> bool:
    """Whether the new revision arrived after it was rolled back."""
    if deploy.rollback.progress is not None and deploy.rollback.progress.gave_up:
        return False
    undone = deploy.outcome not in (Outcome.SUCCEEDED, Outcome.SUPERSEDED)
    return undone and deploy.ecs.new_revision is not None and ecs_service.revision == deploy.ecs.new_revision


def _repair_service(
    deploy: Deploy, context: StepContext, ecs_service: ServiceState, count: int | None
) -> StepResult:
    """count: the desired count to set (tasks); None if only the revision was changed late."""
    service = deploy.service
    keeps_revision = deploy.outcome in (Outcome.SUCCEEDED, Outcome.SUPERSEDED) or is_recorded_revision(
        deploy, ecs_service.revision
    )
    if not keeps_revision:
        restorable = ensure_active(deploy, context, ecs_service)
        if restorable is None and count is None:
            lost = alerts.restore_revision_deleted(deploy, recorded_revision(deploy), ecs_service.revision)
            repaired = deploy.with_message(context.now(), ThreadMessageKind.PROBLEM, lost, broadcast=True)
            return StepResult(_without_restore_tags(repaired, context).in_phase(Phase.ENDED, context.now()))
        keeps_revision, deploy = restorable is None, restorable or deploy
    text = (
        alerts.new_revision_after_end(rollback_revision(deploy))
        if count is None
        else alerts.zero_after_end(count)
    )
    repaired = context.write_intent(
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
        revision=None if keeps_revision else rollback_revision(repaired),
        desired=count,
    )
    return StepResult(repaired, delay=context.timing.settle_seconds)
