"""ECS rolls back to the deployment that completed last, which may not be the one before ours. Pure."""

from __future__ import annotations

from deploys.records.deploy import Deploy
from deploys.records.rollback import EcsRollback
from workers.ecs.state import ServiceDeploymentState, ServiceState
from workers.flows.observe.rollout_status import says_rolling_back
from workers.flows.own_revisions import rollback_revision


def note_ecs_rollback(
    deploy: Deploy, ecs_service: ServiceState | None, service_deployment: ServiceDeploymentState | None
) -> Deploy:
    """The deploy with ECS's own rollback, if this read shows it in progress: then PRIMARY is ECS's
    deployment, since a newer one of somebody else would have ended the rollback. Without a service
    deployment, the reason of PRIMARY has to say so.
    """
    primary = ecs_service.primary if ecs_service else None
    if primary is None:
        return deploy
    if not (
        says_rolling_back(primary)
        if service_deployment is None
        else service_deployment.status == "ROLLBACK_IN_PROGRESS"
    ):
        return deploy
    earlier_ids = (deploy.ecs.deployment_id, deploy.ecs.previous_deployment_id)
    if primary.id in earlier_ids or primary.revision == deploy.ecs.new_revision:
        return deploy
    return deploy.evolve(
        rollback={"ecs_rollback": EcsRollback(deployment_id=primary.id, revision=primary.revision)}
    )


def ecs_rollback_revision(deploy: Deploy) -> str:
    """The revision that ECS rolled back to; the recorded one if it was not seen to choose another."""
    return (
        deploy.rollback.ecs_rollback.revision if deploy.rollback.ecs_rollback else rollback_revision(deploy)
    )


def is_at_ecs_rollback(deploy: Deploy, ecs_service: ServiceState) -> bool:
    """Whether the service has the deployment that ECS itself rolled back to."""
    primary = ecs_service.primary
    return (
        deploy.rollback.ecs_rollback is not None
        and primary is not None
        and primary.id == deploy.rollback.ecs_rollback.deployment_id
    )
