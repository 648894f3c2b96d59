"""A rollout that succeeded, while somebody else changed the service before the end was posted.

The outcome stays what ECS says of our rollout, which is followed by its id. What runs now is posted beside
it: neither the current counts nor the current tasks are those of the rollout.
"""

from __future__ import annotations

from collections.abc import Callable

from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome
from deploys.records.rollout import ChangedSince, RolloutCounts
from workers.ecs.state import DeploymentState, ServiceState
from workers.flows.ending import end_deploy
from workers.flows.observe.rollout_status import wants_no_tasks
from workers.messages import outcomes
from workers.step_context import StepContext, StepResult


def find_newer_deployment(deploy: Deploy, ecs_service: ServiceState | None) -> DeploymentState | None:
    """The deployment that has the service instead of ours, if any. Pure."""
    primary = ecs_service.primary if ecs_service is not None else None
    if primary is None or primary.id in (deploy.ecs.deployment_id, deploy.ecs.previous_deployment_id):
        return None
    return primary


def end_if_changed_since(
    deploy: Deploy,
    context: StepContext,
    ecs_service: ServiceState | None,
    completed_text: Callable[[Deploy, float], str],
    seconds: float,
) -> StepResult | None:
    """The end of a rollout that succeeded before somebody changed the service; None if nobody did.

    completed_text: says what ECS completed. seconds: how long it took.
    """
    if (newer := find_newer_deployment(deploy, ecs_service)) is not None:
        text = f"{completed_text(deploy, seconds)} {outcomes.replaced_since(newer.id, newer.revision)}"
        changed_since = ChangedSince.REPLACED
    elif ecs_service is not None and wants_no_tasks(ecs_service):
        text = f"{completed_text(deploy, seconds)} {outcomes.scaled_to_zero_since(deploy)}"
        changed_since = ChangedSince.SCALED_TO_ZERO
    else:
        return None
    return end_deploy(
        deploy.evolve(rollout={"counts": RolloutCounts(), "changed_since": changed_since}),
        context,
        Outcome.SUCCEEDED,
        text,
    )
