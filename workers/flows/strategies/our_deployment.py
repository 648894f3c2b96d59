"""Which rollout is ours: the PRIMARY deployment that our update made, and no other."""

from __future__ import annotations

from collections.abc import Callable

from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.rollback import RollbackCauseKind
from deploys.records.thread_messages import ThreadMessageKind
from workers.ecs.state import DeploymentState, ServiceState
from workers.flows.ending import roll_back_cancelled, start_rollback
from workers.messages import rollback_reasons
from workers.step_context import StepContext, StepResult


def with_update_intent(deploy: Deploy, ecs_service: ServiceState) -> Deploy:
    """The intent to update the service, with the deployment before, which tells ours apart. Pure.

    If an earlier try has made ours already, PRIMARY is that one, whatever count somebody set since.
    """
    is_made = deploy.ecs.update_tried and ecs_service.revision == deploy.ecs.new_revision
    primary = ecs_service.primary.id if ecs_service.primary else None
    return deploy.evolve(
        ecs={
            "update_tried": True,
            "update_uncertain": deploy.ecs.update_tried,
            "previous_deployment_id": deploy.ecs.previous_deployment_id if is_made else primary,
        },
    )


def _until_first_look(deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> float:
    """Seconds until ECS can show more. A rolling update first starts tasks beside the old ones, so it neither
    ends nor serves within the first round of looks; a service that is down may serve at any moment."""
    timing = context.timing
    runs_on = ecs_service.strategy == "ROLLING" and deploy.stop.requested_at is None
    return timing.watch_seconds + timing.unannounced_seconds if runs_on else timing.watch_seconds


def find_our_deployment(deploy: Deploy, ecs_service: ServiceState) -> DeploymentState | None:
    """The deployment that our update made; None while ECS shows the one before it. Pure.

    If that one were followed, our own deployment would look like somebody else's once ECS shows it.
    """
    primary = ecs_service.primary
    if primary is None or primary.id == deploy.ecs.previous_deployment_id:
        return None
    return primary if primary.revision == deploy.ecs.new_revision else None


def follow_our_deployment(
    deploy: Deploy,
    context: StepContext,
    ecs_service: ServiceState,
    started_text: Callable[[Deploy], str],
) -> StepResult:
    """Goes on to follow it. Reads again while ECS does not show it.

    started_text: what the thread is told once ECS shows it.
    """
    now = context.now()
    if (deployment := find_our_deployment(deploy, ecs_service)) is not None:
        started = deploy.evolve(ecs={"deployment_id": deployment.id, "rollout_started_at": now})
        started = started.with_message(now, ThreadMessageKind.PROGRESS, started_text(started))
        return StepResult(
            started.in_phase(Phase.FOLLOWING, now), delay=_until_first_look(deploy, context, ecs_service)
        )
    if deploy.cancel:
        return roll_back_cancelled(deploy, context)
    if now - deploy.phase_since > deploy.service.deadline:
        return start_rollback(
            deploy, context, RollbackCauseKind.NO_DEPLOYMENT, rollback_reasons.deployment_never_shown(deploy)
        )
    return StepResult(deploy, delay=context.timing.unannounced_seconds)
