"""Somebody set the desired count to 0 meanwhile: ECS calls the rollout complete, and nothing of it runs.

A service that Slipway stopped itself is never left at zero; for another one it is somebody's decision.
"""

from __future__ import annotations

from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome
from deploys.records.rollback import RollbackCauseKind
from workers.flows.ending import end_deploy, require_rollback_cause, roll_back_cancelled, start_rollback
from workers.flows.observe.ecs_rollback import ecs_rollback_revision
from workers.messages import outcomes as words
from workers.step_context import StepContext, StepResult


def end_scaled_to_zero(deploy: Deploy, context: StepContext) -> StepResult:
    """The end, or the way back."""
    if deploy.stop.owns_count and deploy.cancel:
        return roll_back_cancelled(deploy, context)
    if deploy.stop.owns_count:
        return start_rollback(
            deploy, context, RollbackCauseKind.SCALED_TO_ZERO, words.scaled_to_zero_reason()
        )
    return end_deploy(
        deploy.evolve(rollout={"scaled_to_zero": True}),
        context,
        Outcome.SUPERSEDED,
        words.superseded_by_zero_count(deploy),
    )


def restore_count_after_ecs_rollback(deploy: Deploy, context: StepContext) -> StepResult:
    """ECS itself went back, which at desired count 0 is done at once: the count of a service that Slipway
    stopped comes back too.
    """
    count = deploy.stop.restore_point.desired_count if deploy.stop.restore_point else 0
    text = words.rolled_back_at_zero(ecs_rollback_revision(deploy), count)
    not_serving = deploy.evolve(rollout={"serving_at": None})
    cause = require_rollback_cause(deploy)
    return start_rollback(not_serving, context, cause.kind, cause.sentence, text=text)
