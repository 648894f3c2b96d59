"""A way back that ECS takes as a deployment of its own: it pauses at the same hooks, and is let go on."""

from __future__ import annotations

from deploys.catalogue.service import Strategy
from deploys.records.deploy import Deploy
from deploys.records.thread_messages import ThreadMessageKind
from deploys.records.traffic import HookAction
from workers.ecs import service_deployments
from workers.ecs.state import ServiceDeploymentState, ServiceState
from workers.flows.best_effort import best_effort
from workers.flows.ending import is_recorded_revision
from workers.messages import pauses as words
from workers.step_context import StepContext


def continue_rollback_pauses(deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> Deploy:
    """Continues every PAUSE hook of the deployment that brings the recorded revision back.

    Where ECS itself goes back it meets no pause. A rollout that it has stopped, or that may not be stopped,
    is undone by a new deployment; to go back was decided already, so nobody is asked again.

    Raises:
        AwsError: ECS did not take it.
    """
    back = _find_rollback_deployment(deploy, context, ecs_service)
    waiting = [hook.id for hook in back.hooks if hook.status == "AWAITING_ACTION"] if back else []
    if back is None or not waiting:
        return deploy
    for hook_id in waiting:
        context.guard()
        service_deployments.continue_past_hook(context.region, back.arn, hook_id, HookAction.CONTINUE)
    return deploy.with_message(
        context.now(), ThreadMessageKind.PROGRESS, words.continued_during_rollback(back.stage)
    )


def _find_rollback_deployment(
    deploy: Deploy, context: StepContext, ecs_service: ServiceState
) -> ServiceDeploymentState | None:
    primary = ecs_service.primary
    if deploy.service.strategy is not Strategy.NATIVE or primary is None:
        return None
    ours = (deploy.ecs.deployment_id, deploy.ecs.previous_deployment_id)
    goes_back = is_recorded_revision(deploy, primary.revision) and primary.id not in ours
    if not goes_back or primary.rollout_state == "COMPLETED":
        return None
    service = deploy.service
    since = deploy.ecs.rollout_started_at or deploy.request.requested_at
    return best_effort(
        lambda: service_deployments.find_by_deployment_id(
            context.region, service.cluster, service.ecs_service, primary.id, created_after=since
        ),
        None,
    )
