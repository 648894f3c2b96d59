"""Which step each phase takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from deploys.job_queue import WATCH_PREFIX
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.request import Verb
from deploys.stores.deploy_reader import ADVANCE
from workers.flows.adoption import with_adoption
from workers.flows.batch_order import with_batch_order
from workers.flows.catalogue_check import with_catalogue
from workers.flows.count_change import following as following_count
from workers.flows.count_change import restoring as restoring_count
from workers.flows.count_change import setting as setting_count
from workers.flows.external import following_external
from workers.flows.finish import checking, settling
from workers.flows.holds import with_holds, with_stop
from workers.flows.plan import awaiting_approval, planning, registering
from workers.flows.rollback import restoring
from workers.flows.rollout import following, running_pre_task
from workers.flows.strategies import stop_start_steps, update_step
from workers.step_context import StepContext, StepResult

Step = Callable[[Deploy, StepContext], StepResult]


def _plan_or_follow(deploy: Deploy, context: StepContext) -> StepResult:
    """`/deploy follow` changes nothing, so it has nothing to plan."""
    return (following_external.begin_following if deploy.verb is Verb.FOLLOW else planning.plan_deploy)(
        deploy, context
    )


def _settle(deploy: Deploy, context: StepContext) -> StepResult:
    settle = restoring_count.settle_count if deploy.verb is Verb.SCALE else settling.settle_deploy
    return settle(deploy, context)


def _before_revision(step: Step) -> Step:
    return with_adoption(with_batch_order(with_holds(with_catalogue(step))))


STEPS: Mapping[Phase, Step] = {
    Phase.WAITING: _before_revision(planning.wait_in_queue),
    Phase.PLANNING: _before_revision(_plan_or_follow),
    Phase.AWAITING_APPROVAL: _before_revision(awaiting_approval.await_approval),
    Phase.REGISTERING: _before_revision(registering.register_revision),
    Phase.RUNNING_PRE_TASK: with_adoption(with_stop(running_pre_task.run_pre_task)),
    Phase.RUNNING_COMMAND: with_adoption(with_stop(running_pre_task.run_pre_task)),
    Phase.SCALING: with_stop(setting_count.set_count),
    Phase.FOLLOWING_COUNT: following_count.follow_count,
    Phase.RESTORING_COUNT: restoring_count.restore_count,
    Phase.UPDATING: with_adoption(with_stop(update_step.update_service)),
    Phase.SAVING_RESTORE_POINT: with_adoption(with_stop(stop_start_steps.save_restore_point)),
    Phase.STOPPING: with_adoption(stop_start_steps.stop_service),
    Phase.DRAINING: stop_start_steps.drain_service,
    Phase.STARTING: stop_start_steps.start_new_version,
    Phase.FOLLOWING: following.follow_rollout,
    Phase.CHECKING: checking.run_post_check,
    Phase.FOLLOWING_EXTERNAL: following_external.follow_external_rollout,
    Phase.RESTORING: restoring.restore_service,
    Phase.FOLLOWING_ROLLBACK: restoring.follow_rollback,
    Phase.SETTLING: _settle,
}
"""Every phase but ENDED."""


def job_for_phase(deploy: Deploy) -> str:
    """The job that takes the deploy's next step."""
    return f"{WATCH_PREFIX}{deploy.cluster_key}" if deploy.phase.facts.watched else ADVANCE
