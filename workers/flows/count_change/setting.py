"""Phase SCALING: the service gets its new desired count. Setting it again changes nothing, so the call may be
repeated."""

from __future__ import annotations

from deploys.records.confirmations import Observation
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from workers.ecs import services
from workers.ecs.state import ServiceState
from workers.flows.count_change.count_status import required_change
from workers.flows.ending import (
    confirm_service_deleted,
    confirm_twice,
    end_cancelled,
    end_deploy,
    roll_back_cancelled,
)
from workers.flows.first_change import check_first_change
from workers.messages import count_change as messages
from workers.step_context import StepContext, StepResult


def set_count(deploy: Deploy, context: StepContext) -> StepResult:
    """Sets the count, or finds that an earlier try already did."""
    change, tried = required_change(deploy), deploy.ecs.update_tried
    ecs_service = context.read_service()
    if ecs_service is None or ecs_service.status != "ACTIVE":
        return confirm_service_deleted(deploy, context, ecs_service)
    if tried and ecs_service.desired == change.wanted:
        return _follow(deploy, context, messages.count_set(deploy))
    if deploy.cancel:
        return roll_back_cancelled(deploy, context) if tried else end_cancelled(deploy, context)
    if tried and ecs_service.desired != change.before:
        return end_moved(deploy, context, ecs_service)
    if not tried:
        deploy = check_first_change(deploy, context)
        deploy = deploy.evolve(count_change={"before": ecs_service.desired})
        if ecs_service.desired == change.wanted:
            return _follow(_tried(deploy, context, ecs_service), context, messages.count_was_set(deploy))
    deploy = context.write_intent(_tried(deploy, context, ecs_service))
    context.guard()
    services.update(context.region, deploy.service.cluster, deploy.service.ecs_service, desired=change.wanted)
    return _follow(deploy, context, messages.count_set(deploy))


def end_moved(deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> StepResult:
    """Somebody or something set another count, which Slipway leaves."""
    again = confirm_twice(deploy, context, Observation.COUNT_CHANGED, str(ecs_service.desired))
    return again or end_deploy(
        deploy, context, Outcome.SUPERSEDED, messages.moved(deploy, ecs_service.desired)
    )


def _tried(deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> Deploy:
    primary = ecs_service.primary
    return deploy.evolve(
        ecs={
            "new_revision": ecs_service.revision,
            "update_tried": True,
            "update_uncertain": deploy.ecs.update_tried,
            "deployment_id": primary.id if primary else None,
            "rollout_started_at": deploy.ecs.rollout_started_at or context.now(),
        }
    )


def _follow(deploy: Deploy, context: StepContext, text: str) -> StepResult:
    now = context.now()
    following = deploy.with_message(
        now, ThreadMessageKind.PROGRESS, text, count_change={"scaled_at": now}
    ).in_phase(Phase.FOLLOWING_COUNT, now)
    return StepResult(following, delay=context.timing.watch_seconds)
