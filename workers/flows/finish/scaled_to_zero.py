"""Somebody set the desired count to 0 during the rollout: ECS calls it complete, though no task of it runs.

A service that Slipway stopped itself is never left at zero. For any other service, it is somebody's decision.
"""

from __future__ import annotations

from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome
from deploys.records.rollback import RollbackCauseKind
from workers.flows.ending import end_deploy, require_rollback_cause, roll_back_cancelled, start_rollback
from workers.flows.observe.ecs_rollback import ecs_rollback_revision
from workers.messages import outcomes
from workers.step_context import StepContext, StepResult


def end_scaled_to_zero(deploy: Deploy, context: StepContext) -> StepResult:
    """Ends the deploy, or rolls it back if Slipway has to bring the count back."""
    if deploy.stop.owns_count and deploy.cancel:
        return roll_back_cancelled(deploy, context)
    if deploy.stop.owns_count:
        return start_rollback(
            deploy, context, RollbackCauseKind.SCALED_TO_ZERO, outcomes.scaled_to_zero_reason()
        )
    return end_deploy(
        deploy.evolve(rollout={"scaled_to_zero": True}),
        context,
        Outcome.SUPERSEDED,
        outcomes.superseded_by_zero_count(deploy),
    )


def restore_count_after_ecs_rollback(deploy: Deploy, context: StepContext) -> StepResult:
    """ECS itself rolled back, which it completes at once at desired count 0. The count of a service that
    Slipway stopped still has to come back.
    """
    count = deploy.stop.count_to_restore
    text = outcomes.rolled_back_at_zero(ecs_rollback_revision(deploy), count)
    not_serving = deploy.evolve(rollout={"serving_at": None})
    cause = require_rollback_cause(deploy)
    return start_rollback(not_serving, context, cause.kind, cause.sentence, text=text)
