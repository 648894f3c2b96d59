"""ECS goes back to the deployment that completed last, which need not be the one before ours. Pure."""

from __future__ import annotations

from deploys.records.deploy import Deploy
from deploys.records.rollback import EcsRollback
from workers.ecs.state import ServiceDeploymentState, ServiceState
from workers.flows.observe.rollout_status import says_rolling_back
from workers.flows.own_revisions import rollback_revision


def note_ecs_rollback(
    deploy: Deploy, ecs_service: ServiceState | None, service_deployment: ServiceDeploymentState | None
) -> Deploy:
    """The deploy with ECS's own way back, where this look shows it under way: PRIMARY is ECS's then. Somebody
    else's newer deployment would have ended it. Without a service deployment, its own reason has to say so.
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
    """The revision that ECS went back to; the recorded one where it was not seen to go elsewhere."""
    return (
        deploy.rollback.ecs_rollback.revision if deploy.rollback.ecs_rollback else rollback_revision(deploy)
    )


def is_at_ecs_rollback(deploy: Deploy, ecs_service: ServiceState) -> bool:
    """Whether the service is where ECS itself went back to."""
    primary = ecs_service.primary
    return (
        deploy.rollback.ecs_rollback is not None
        and primary is not None
        and primary.id == deploy.rollback.ecs_rollback.deployment_id
    )
