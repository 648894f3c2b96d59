"""ECS goes back to the deployment that completed last, which need not be the one before ours. Pure."""

from __future__ import annotations

from deploys.deploy import Deploy
from deploys.ecs_back import EcsBack
from workers.ecs.seen import ServiceDeploymentSeen, ServiceSeen
from workers.flows.ending import old_revision
from workers.flows.rollout import says_going_back


def noted(deploy: Deploy, seen: ServiceSeen | None, own: ServiceDeploymentSeen | None) -> Deploy:
    """The deploy with ECS's own way back, where this look shows it under way: PRIMARY is ECS's then. Somebody
    else's newer deployment would have ended it. Without a service deployment, its own reason has to say so.
    """
    primary = seen.primary if seen else None
    if primary is None:
        return deploy
    if not (says_going_back(primary) if own is None else own.status == "ROLLBACK_IN_PROGRESS"):
        return deploy
    before = (deploy.deployment_id, deploy.previous_deployment_id)
    if primary.id in before or primary.revision == deploy.new_revision:
        return deploy
    return deploy.evolve(ecs_back=EcsBack(deployment_id=primary.id, revision=primary.revision))


def back_at(deploy: Deploy) -> str:
    """The revision that ECS went back to; the recorded one where it was not seen to go elsewhere."""
    return deploy.ecs_back.revision if deploy.ecs_back else old_revision(deploy)


def gone_back(deploy: Deploy, seen: ServiceSeen) -> bool:
    """Whether the service is where ECS itself went back to."""
    primary = seen.primary
    return deploy.ecs_back is not None and primary is not None and primary.id == deploy.ecs_back.deployment_id
