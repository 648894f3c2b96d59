"""A way back that ECS takes as a deployment of its own: it pauses at the same hooks, and is let go on."""

from __future__ import annotations

from deploys.catalogue.service import Strategy
from deploys.deploy import Deploy, MilestoneKind
from deploys.traffic import HookAction
from workers.ecs import rollouts
from workers.ecs.seen import ServiceDeploymentSeen, ServiceSeen
from workers.flows.best_effort import best_effort
from workers.flows.ending import is_recorded
from workers.flows.words import pausing as words
from workers.turn import Turn


def continue_back(deploy: Deploy, turn: Turn, seen: ServiceSeen) -> Deploy:
    """Continues every PAUSE hook of the deployment that brings the recorded revision back.

    Where ECS itself goes back it meets no pause. A rollout that it has stopped, or that may not be stopped,
    is undone by a new deployment; to go back was decided already, so nobody is asked again.

    Raises:
        AwsError: ECS did not take it.
    """
    back = _way_back(deploy, turn, seen)
    waiting = [hook.id for hook in back.hooks if hook.status == "AWAITING_ACTION"] if back else []
    if back is None or not waiting:
        return deploy
    for hook_id in waiting:
        turn.guard()
        rollouts.continue_(turn.region, back.arn, hook_id, HookAction.CONTINUE)
    return deploy.saying(turn.now(), MilestoneKind.PROGRESS, words.continued_back(back.stage))


def _way_back(deploy: Deploy, turn: Turn, seen: ServiceSeen) -> ServiceDeploymentSeen | None:
    primary = seen.primary
    if deploy.service.strategy is not Strategy.NATIVE or primary is None:
        return None
    ours = (deploy.deployment_id, deploy.previous_deployment_id)
    goes_back = is_recorded(deploy, primary.revision) and primary.id not in ours
    if not goes_back or primary.rollout_state == "COMPLETED":
        return None
    service = deploy.service
    since = deploy.started_at or deploy.requested_at
    return best_effort(
        lambda: rollouts.service_deployment(
            turn.region, service.cluster, service.ecs_service, primary.id, created_after=since
        ),
        None,
    )
