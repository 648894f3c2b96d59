"""Phase FOLLOWING: our rollout, followed by its id to its end."""

from __future__ import annotations

from deploys.pre_task import configured_post_check
from deploys.records.confirmations import Observation
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome
from deploys.records.rollback import RollbackCauseKind
from workers.ecs import task_definitions
from workers.ecs.reasons.failed_tasks import HEALTHY_AFTER_SECONDS
from workers.ecs.state import DeploymentState, ServiceDeploymentState, ServiceState
from workers.flows.best_effort import best_effort
from workers.flows.ending import (
    confirm_end,
    confirm_twice,
    end_deploy,
    end_service_deleted,
    roll_back_cancelled,
    start_rollback,
)
from workers.flows.finish.changed_since import end_if_changed_since, find_newer_deployment
from workers.flows.finish.checking import roll_back_other_image, succeed_or_check
from workers.flows.finish.scaled_to_zero import end_scaled_to_zero, restore_count_after_ecs_rollback
from workers.flows.observe.crash_loop import count_crash_loop
from workers.flows.observe.deadline import is_ecs_rollback_overdue, is_rollout_overdue
from workers.flows.observe.ecs_rollback import ecs_rollback_revision, note_ecs_rollback
from workers.flows.observe.ecs_rollback_reasons import ecs_rollback_reason, find_known_cause
from workers.flows.observe.failure_evidence import (
    StoppedTasks,
    gather_evidence,
    has_signs_of_failure,
    read_stopped_tasks,
)
from workers.flows.observe.image_comparison import (
    confirm_running_images,
    report_restored_images,
    runs_other_image,
)
from workers.flows.observe.rollout_counts import (
    count_rollout_tasks,
    followed_rollout,
    read_service_deployment,
)
from workers.flows.observe.rollout_status import (
    RolloutStatus,
    judge_rollout,
    needs_service_deployment,
    wants_no_tasks,
)
from workers.flows.own_revisions import is_recorded_revision, recorded_revision
from workers.flows.rollback.rollback_failures import report_rollback_failures, rollback_overdue_text
from workers.flows.rollout.failure_reports import (
    failure_reason,
    report_ecs_rollback,
    report_failures,
    take_new_evidence,
)
from workers.flows.strategies.registry import strategy_of
from workers.messages import lost_record, outcomes, rollback_reasons
from workers.step_context import StepContext, StepResult


def follow_rollout(deploy: Deploy, context: StepContext) -> StepResult:
    """Reads the rollout once. Its end counts once two reads agree (`confirm_end`)."""
    ecs_service = context.read_service()
    service_deployment = None
    reads_record = needs_service_deployment(deploy, ecs_service, context.now())
    if reads_record or (ecs_service is not None and has_signs_of_failure(deploy, ecs_service)):
        service_deployment = read_service_deployment(context)
        found: dict[str, object] = {"service_deployment_arn": service_deployment and service_deployment.arn}
        if service_deployment is not None:
            found["service_deployment_read_at"] = context.now()
        deploy = deploy.evolve(ecs=found)
    crash_loop_seen = deploy.awaits_confirmation(Observation.CRASH_LOOP)
    deploy = note_ecs_rollback(deploy, ecs_service, service_deployment)
    status = judge_rollout(followed_rollout(deploy), ecs_service, service_deployment)
    deploy = deploy.evolve(
        rollout={"counts": count_rollout_tasks(deploy, ecs_service, service_deployment)},
    )
    strategy = strategy_of(deploy)
    deploy = strategy.observe(deploy, service_deployment, context.now())
    if (ended := _end_if_final(deploy, context, status, ecs_service, service_deployment)) is not None:
        return ended
    deploy = deploy.evolve(pending_confirmation=None)
    if status is RolloutStatus.ROLLING_BACK:
        deploy = report_ecs_rollback(deploy, context, ecs_service, service_deployment)
        if is_ecs_rollback_overdue(deploy, context.now()):
            return end_deploy(
                deploy, context, Outcome.FAILED, rollback_overdue_text(deploy, context, ecs_service)
            )
        deploy = report_rollback_failures(deploy, context, ecs_service)
        return StepResult(deploy, delay=context.timing.watch_seconds)
    if deploy.cancel:
        return roll_back_cancelled(deploy, context)
    if is_rollout_overdue(deploy, context.now()):
        return start_rollback(
            deploy, context, RollbackCauseKind.OVERDUE, rollback_reasons.rollout_overdue(deploy)
        )
    stopped = _read_stopped_tasks(deploy, context, ecs_service)
    if count := count_crash_loop(deploy, context, ecs_service, service_deployment, stopped.tasks):
        return _give_up_version(deploy, context, ecs_service, crash_loop_seen, count, stopped)
    advanced = strategy.advance(deploy, context, service_deployment)
    if isinstance(advanced, StepResult):
        return advanced
    deploy = report_failures(advanced, context, ecs_service, stopped)
    return StepResult(strategy.report_serving(deploy, context), delay=context.timing.watch_seconds)


def _end_if_final(
    deploy: Deploy,
    context: StepContext,
    status: RolloutStatus,
    ecs_service: ServiceState | None,
    service_deployment: ServiceDeploymentState | None,
) -> StepResult | None:
    """What comes next, if the rollout can be followed no further; else None."""
    if status in (RolloutStatus.SUPERSEDED, RolloutStatus.SUCCEEDED) and (
        rolling_back := _resume_own_rollback(deploy, context, ecs_service)
    ):
        return rolling_back
    if status is RolloutStatus.SUPERSEDED and ecs_service is not None:
        return strategy_of(deploy).end_superseded(deploy, context, ecs_service)
    if not status.final:
        return None
    context.put_before_progress()
    if again := confirm_end(deploy, context, status, ecs_service, service_deployment):
        return again
    return _finish_rollout(deploy, context, status, ecs_service, service_deployment)


def _read_stopped_tasks(
    deploy: Deploy, context: StepContext, ecs_service: ServiceState | None
) -> StoppedTasks:
    """The stopped tasks of the rollout, read only if something indicates a failure."""
    return (
        read_stopped_tasks(deploy, context)
        if ecs_service and has_signs_of_failure(deploy, ecs_service)
        else StoppedTasks()
    )


def _give_up_version(
    deploy: Deploy,
    context: StepContext,
    ecs_service: ServiceState | None,
    confirmed: bool,
    count: int,
    stopped: StoppedTasks,
) -> StepResult:
    """Tasks fail one after another, as two reads have to agree."""
    if not confirmed and (again := confirm_twice(deploy, context, Observation.CRASH_LOOP, soon=True)):
        return again
    reported, evidence = take_new_evidence(deploy, context, ecs_service, stopped)
    reason = rollback_reasons.crash_loop(deploy, count, HEALTHY_AFTER_SECONDS)
    return start_rollback(reported, context, RollbackCauseKind.CRASH_LOOP, reason, evidence)


def _resume_own_rollback(
    deploy: Deploy, context: StepContext, ecs_service: ServiceState | None
) -> StepResult | None:
    """Goes on with the rollback, if the newer deployment is our own one of the recorded revision, by its tag,
    and the record is older than that; else None.
    """
    if ecs_service is None or not is_recorded_revision(deploy, ecs_service.revision):
        return None
    revision = ecs_service.revision
    replaced = best_effort(
        lambda: task_definitions.read_replaced_revision(context.region, revision, deploy.id),
        None,
        attempts=deploy.retries.attempts,
    )
    if replaced is None:
        return None
    if deploy.cancel:
        return roll_back_cancelled(deploy, context)
    return start_rollback(deploy, context, RollbackCauseKind.RECORD_LOST, lost_record.record_lost_reason())


def _finish_rollout(
    deploy: Deploy,
    context: StepContext,
    status: RolloutStatus,
    ecs_service: ServiceState | None,
    service_deployment: ServiceDeploymentState | None,
) -> StepResult:
    newer = find_newer_deployment(deploy, ecs_service)
    if status is RolloutStatus.SUCCEEDED and configured_post_check(deploy) is None:
        seconds = context.now() - deploy.request.requested_at
        if ended := end_if_changed_since(
            deploy, context, ecs_service, outcomes.succeeded_then_changed, seconds
        ):
            return ended
    if status is RolloutStatus.SUCCEEDED:
        return _rollout_succeeded(deploy, context, newer)
    if status is RolloutStatus.ROLLED_BACK:
        reason = (
            find_known_cause(deploy, service_deployment)
            or deploy.outcome_reason
            or ecs_rollback_reason(deploy, service_deployment, ecs_service)
        )
        serving_at = context.now() if deploy.stop.requested_at is not None else None
        deploy = deploy.with_rollback_cause(RollbackCauseKind.ECS, reason).evolve(
            rollout={"serving_at": serving_at}
        )
        strategy = strategy_of(deploy)
        deploy = strategy.check_ecs_rollback(deploy, context)
        if deploy.stop.owns_count and ecs_service is not None and wants_no_tasks(ecs_service):
            return restore_count_after_ecs_rollback(deploy, context)
        restored = ecs_rollback_revision(deploy)
        deploy = report_restored_images(deploy, context, restored)
        evidence = gather_evidence(deploy, context, ecs_service)
        text = outcomes.rolled_back(deploy, restored, reason, evidence, recorded=recorded_revision(deploy))
        if newer is not None and newer.revision != restored:
            text = f"{text}\n{outcomes.replaced_since(newer.id, newer.revision)}"
        return end_deploy(deploy, context, Outcome.ROLLED_BACK, text)
    if status is RolloutStatus.FAILED:
        reason = failure_reason(deploy, service_deployment)
        reported, evidence = take_new_evidence(deploy, context, ecs_service)
        return start_rollback(reported, context, RollbackCauseKind.ROLLOUT_FAILED, reason, evidence)
    if status is RolloutStatus.SCALED_TO_ZERO:
        return end_scaled_to_zero(deploy, context)
    return end_service_deleted(deploy, context, ecs_service)


def _rollout_succeeded(deploy: Deploy, context: StepContext, newer: DeploymentState | None) -> StepResult:
    now = context.now()
    if newer is None:
        checked = confirm_running_images(deploy, context)
        if isinstance(checked, StepResult):
            return checked
        deploy = checked
        if runs_other_image(deploy):
            return roll_back_other_image(deploy.evolve(rollout={"serving_at": now}), context)
    deploy = strategy_of(deploy).check_success(deploy, context, newer)
    seconds = now - deploy.request.requested_at
    return succeed_or_check(deploy, context, seconds)
