"""A rollout that shifts traffic where ECS does not show its record: no stage and no pause can be told of."""

from __future__ import annotations

from deploys.catalogue.service import Strategy
from deploys.deploy import Deploy, MilestoneKind
from deploys.errors import ServiceDeploymentsUnavailable
from workers.ecs.seen import ServiceDeploymentSeen
from workers.flows.best_effort import attempt
from workers.flows.words import unseen as words
from workers.turn import Turn


def tell_unseen(deploy: Deploy, turn: Turn, own: ServiceDeploymentSeen | None) -> Deploy:
    """Says once why nothing of the way is shown: the plan promised it, and buttons at the pauses."""
    if own is not None or deploy.shift is not None or deploy.service.strategy is not Strategy.NATIVE:
        return deploy
    if any(milestone.text.startswith(words.LEAD) for milestone in deploy.milestones):
        return deploy
    found = attempt(turn.service_deployment)
    if isinstance(found, ServiceDeploymentsUnavailable):
        text = words.unseen(deploy, found.message)
        return deploy.saying(turn.now(), MilestoneKind.TROUBLE, text, broadcast=True)
    return deploy  # any other error passes, or the next look says the same
