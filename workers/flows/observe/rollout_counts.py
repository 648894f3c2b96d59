"""What one read of ECS shows of a rollout: whose it is, and how many tasks of each version run."""

from __future__ import annotations

from deploys.records.confirmations import Observation
from deploys.records.deploy import Deploy
from deploys.records.rollout import RolloutCounts
from workers.ecs.state import DeploymentState, ServiceDeploymentState, ServiceState
from workers.flows.best_effort import best_effort
from workers.flows.observe.drain import is_serving
from workers.flows.observe.rollout_status import FollowedRollout
from workers.flows.own_revisions import recorded_revision
from workers.step_context import StepContext


def followed_rollout(deploy: Deploy) -> FollowedRollout:
    """Which rollout is followed, as far as the record tells. Pure."""
    return FollowedRollout(
        deploy.ecs.deployment_id or "",
        deploy.ecs.new_revision or "",
        recorded_revision(deploy),
        previous_deployment_id=deploy.ecs.previous_deployment_id,
        seen_rolling_back=deploy.rollback.cause is not None,
        ecs_rollback_id=deploy.rollback.ecs_rollback.deployment_id if deploy.rollback.ecs_rollback else "",
        has_served=has_served(deploy),
    )


def read_service_deployment(context: StepContext) -> ServiceDeploymentState | None:
    """ECS's record of our rollout; None if ECS does not return it (now)."""
    return best_effort(context.read_service_deployment, None)


def count_rollout_tasks(
    deploy: Deploy, ecs_service: ServiceState | None, service_deployment: ServiceDeploymentState | None
) -> RolloutCounts:
    """Pending and running tasks of the new and of the old version. Pure."""
    if ecs_service is None:
        return deploy.rollout.counts
    new = ecs_service.find_deployment(deploy.ecs.deployment_id)
    old = [deployment for deployment in ecs_service.deployments if deployment.id != deploy.ecs.deployment_id]
    return RolloutCounts(
        new_desired=_desired_tasks(new, ecs_service) or deploy.rollout.counts.new_desired,
        new_pending=new.pending if new else 0,
        new_running=new.running if new else 0,
        old_pending=sum(deployment.pending for deployment in old),
        old_running=sum(deployment.running for deployment in old),
        failed_tasks=max(
            new.failed if new else deploy.rollout.counts.failed_tasks,
            service_deployment.breaker_failures if service_deployment else 0,
        ),
        breaker_threshold=service_deployment.breaker_threshold
        if service_deployment and service_deployment.breaker_status != "DISABLED"
        else (0 if service_deployment else deploy.rollout.counts.breaker_threshold),
        status=service_deployment.status if service_deployment else (new.rollout_state if new else ""),
    )


def _desired_tasks(new: DeploymentState | None, ecs_service: ServiceState) -> int:
    """Tasks that ECS is to run of the new version. Before the scheduler's first pass, PRIMARY shows 0: then
    it is the service's count.
    """
    if new is None:
        return 0
    return new.desired or (ecs_service.desired if new.status == "PRIMARY" else 0)


def has_served(deploy: Deploy) -> bool:
    """Whether an earlier read saw the new version serve, or the rollout succeed. Pure."""
    succeeded = deploy.awaits_confirmation(Observation.ROLLOUT_SUCCEEDED)
    return deploy.rollout.serving_at is not None or is_serving(deploy.rollout.counts) or succeeded
