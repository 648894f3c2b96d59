"""Phase FOLLOWING: our rollout, followed by its identity to its end."""

from __future__ import annotations

from deploys.catalogue.service import Strategy
from deploys.errors import SlipwayError
from deploys.pre_task import configured_post_check
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome
from deploys.records.restore_point import RestorePoint
from deploys.records.retries import Observation
from deploys.records.rollback import RollbackCauseKind
from deploys.records.rollout import RolloutCounts
from deploys.records.thread_messages import ThreadMessageKind
from workers.ecs import task_definitions, tasks
from workers.ecs.reasons.failed_tasks import HEALTHY_AFTER_SECONDS
from workers.ecs.state import DeploymentState, ServiceDeploymentState, ServiceState
from workers.flows.best_effort import attempt, best_effort
from workers.flows.ending import (
    confirm_superseded,
    confirm_twice,
    end_deploy,
    end_service_deleted,
    is_recorded_revision,
    recorded_revision,
    roll_back_cancelled,
    start_rollback,
)
from workers.flows.finish.changed_since import end_if_changed_since, find_newer_deployment
from workers.flows.finish.checking import roll_back_other_image, succeed_or_check
from workers.flows.finish.scaled_to_zero import (
    end_scaled_to_zero,
    has_served,
    restore_count_after_ecs_rollback,
)
from workers.flows.observe.crash_loop import count_crash_loop
from workers.flows.observe.deadline import is_ecs_rollback_overdue, is_rollout_overdue
from workers.flows.observe.drain import count_draining, report_serving
from workers.flows.observe.ecs_rollback import ecs_rollback_revision, note_ecs_rollback
from workers.flows.observe.ecs_rollback_reasons import ecs_rollback_reason, ecs_stop_reason, find_known_cause
from workers.flows.observe.failure_evidence import (
    NO_EVIDENCE,
    Evidence,
    StoppedTasks,
    gather_evidence,
    has_signs_of_failure,
    new_evidence,
    read_stopped_tasks,
)
from workers.flows.observe.image_comparison import (
    confirm_running_images,
    report_restored_images,
    runs_other_image,
)
from workers.flows.observe.missing_service_deployment import report_missing_service_deployment
from workers.flows.observe.rollout_status import FollowedRollout, RolloutStatus, judge_rollout, wants_no_tasks
from workers.flows.observe.traffic_shift import observe_traffic
from workers.flows.rollback.rollback_failures import report_rollback_failures, rollback_overdue_text
from workers.flows.rollout.pause_answers import send_pause_answer
from workers.flows.stopped_service.task_overlap import find_serving_since, measure_overlap
from workers.flows.strategies.stop_start import end_superseded_while_stopped
from workers.messages import lost_record, outcomes, progress, rollback_reasons
from workers.step_context import StepContext, StepResult


def follow_rollout(deploy: Deploy, context: StepContext) -> StepResult:
    """Looks at the rollout. An end stands once a second look agrees."""
    seen = context.read_service()
    own = read_service_deployment(context)
    crash_loop_seen = deploy.awaits_confirmation(Observation.CRASH_LOOP)
    deploy = note_ecs_rollback(deploy, seen, own)
    stands = judge_rollout(followed_rollout(deploy), seen, own)
    deploy = deploy.evolve(
        rollout={"counts": read_progress(deploy, seen, own)},
        ecs={"service_deployment_arn": own.arn if own else None},
    )
    deploy = observe_traffic(deploy, own, context.now())
    if (over := _end_if_final(deploy, context, stands, seen, own)) is not None:
        return over
    deploy = deploy.evolve(pending_confirmation=None)
    if stands is RolloutStatus.ROLLING_BACK:
        deploy = report_ecs_rollback(deploy, context, seen, own)
        if is_ecs_rollback_overdue(deploy, context.now()):
            return end_deploy(deploy, context, Outcome.FAILED, rollback_overdue_text(deploy, context, seen))
        deploy = report_rollback_failures(deploy, context, seen)
        return StepResult(deploy, delay=context.timing.watch_seconds)
    if deploy.cancel:
        return roll_back_cancelled(deploy, context)
    if is_rollout_overdue(deploy, context.now()):
        return start_rollback(
            deploy, context, RollbackCauseKind.OVERDUE, rollback_reasons.rollout_overdue(deploy)
        )
    stopped = _read_stopped_tasks(deploy, context, seen)
    if count := count_crash_loop(deploy, context, seen, own, stopped.tasks):
        return _give_up_version(deploy, context, seen, crash_loop_seen, count, stopped)
    if (settled := send_pause_answer(deploy, context, own)) is not None:
        return settled
    deploy = report_missing_service_deployment(deploy, context, own)
    return report_serving(
        StepResult(report_failures(deploy, context, seen, stopped), delay=context.timing.watch_seconds),
        context,
    )


def _end_if_final(
    deploy: Deploy,
    context: StepContext,
    status: RolloutStatus,
    ecs_service: ServiceState | None,
    service_deployment: ServiceDeploymentState | None,
) -> StepResult | None:
    """What comes next, if the rollout can be followed no further; else None."""
    if status in (RolloutStatus.SUPERSEDED, RolloutStatus.SUCCEEDED) and (
        back := _resume_own_rollback(deploy, context, ecs_service)
    ):
        return back
    if status is RolloutStatus.SUPERSEDED and ecs_service is not None:
        return (end_superseded_while_stopped if deploy.stop.restore_point else confirm_superseded)(
            deploy, context, ecs_service
        )
    if not status.final:
        return None
    if again := confirm_twice(deploy, context, status.observation, soon=True):
        return again
    return _finish_rollout(deploy, context, status, ecs_service, service_deployment)


def _read_stopped_tasks(
    deploy: Deploy, context: StepContext, ecs_service: ServiceState | None
) -> StoppedTasks:
    """The rollout's tasks that stopped, read only if there is a sign of trouble."""
    return (
        read_stopped_tasks(deploy, context)
        if ecs_service and has_signs_of_failure(deploy, ecs_service)
        else StoppedTasks()
    )


def _give_up_version(
    deploy: Deploy,
    context: StepContext,
    ecs_service: ServiceState | None,
    seen_before: bool,
    count: int,
    stopped: StoppedTasks,
) -> StepResult:
    """Tasks fail one after another, as two looks agree."""
    if not seen_before and (again := confirm_twice(deploy, context, Observation.CRASH_LOOP, soon=True)):
        return again
    told, why = _take_new_evidence(deploy, context, ecs_service, stopped)
    reason = rollback_reasons.crash_loop(deploy, count, HEALTHY_AFTER_SECONDS)
    return start_rollback(told, context, RollbackCauseKind.CRASH_LOOP, reason, why)


def _resume_own_rollback(
    deploy: Deploy, context: StepContext, ecs_service: ServiceState | None
) -> StepResult | None:
    """The way back, where the newer deployment is our own one of the recorded revision, by its mark, and the
    record is older than that; else None."""
    if ecs_service is None or not is_recorded_revision(deploy, ecs_service.revision):
        return None
    revision = ecs_service.revision
    mark = best_effort(
        lambda: task_definitions.read_replaced_revision(context.region, revision, deploy.id),
        None,
        attempts=deploy.retries.attempts,
    )
    if mark is None:
        return None
    if deploy.cancel:
        return roll_back_cancelled(deploy, context)
    return start_rollback(deploy, context, RollbackCauseKind.RECORD_LOST, lost_record.record_lost_reason())


def followed_rollout(deploy: Deploy) -> FollowedRollout:
    """Whose rollout it is, as far as the record tells. Pure."""
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
    """ECS's record of our rollout; None where ECS does not tell (now): the deployments list must do."""
    return best_effort(context.read_service_deployment, None)


def read_progress(
    deploy: Deploy, ecs_service: ServiceState | None, service_deployment: ServiceDeploymentState | None
) -> RolloutCounts:
    """Pending and running counts of the new tasks and of the old ones. Pure."""
    if ecs_service is None:
        return deploy.rollout.counts
    new = ecs_service.find_deployment(deploy.ecs.deployment_id)
    old = [d for d in ecs_service.deployments if d.id != deploy.ecs.deployment_id]
    return RolloutCounts(
        new_desired=_desired_tasks(new, ecs_service) or deploy.rollout.counts.new_desired,
        new_pending=new.pending if new else 0,
        new_running=new.running if new else 0,
        old_pending=sum(d.pending for d in old),
        old_running=sum(d.running for d in old),
        failed_tasks=max(
            new.failed if new else deploy.rollout.counts.failed_tasks,
            service_deployment.breaker_failures if service_deployment else 0,
        ),
        breaker_threshold=service_deployment.breaker_threshold
        if service_deployment and service_deployment.breaker_status != "DISABLED"
        else 0,
        status=service_deployment.status if service_deployment else (new.rollout_state if new else ""),
    )


def _desired_tasks(new: DeploymentState | None, ecs_service: ServiceState) -> int:
    """Tasks that ECS is to run of the new version. Before the scheduler's first pass PRIMARY shows 0: then it
    is the service's count."""
    if new is None:
        return 0
    return new.desired or (ecs_service.desired if new.status == "PRIMARY" else 0)


def _finish_rollout(
    deploy: Deploy,
    context: StepContext,
    status: RolloutStatus,
    ecs_service: ServiceState | None,
    service_deployment: ServiceDeploymentState | None,
) -> StepResult:
    newer = find_newer_deployment(deploy, ecs_service)
    if status is RolloutStatus.SUCCEEDED and configured_post_check(deploy) is None:
        took = context.now() - deploy.request.requested_at
        if ended := end_if_changed_since(deploy, context, ecs_service, outcomes.succeeded_then_changed, took):
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
        if deploy.stop.restore_point is not None:
            deploy = _check_ecs_rollback_order(deploy, context)
        if deploy.stop.restore_point is not None and ecs_service is not None and wants_no_tasks(ecs_service):
            return restore_count_after_ecs_rollback(deploy, context)
        back = ecs_rollback_revision(deploy)
        deploy = report_restored_images(deploy, context, back)
        why = gather_evidence(deploy, context, ecs_service)
        text = outcomes.rolled_back(deploy, back, reason, why, recorded=recorded_revision(deploy))
        if newer is not None and newer.revision != back:
            text = f"{text}\n{outcomes.replaced_since(newer)}"
        return end_deploy(deploy, context, Outcome.ROLLED_BACK, text)
    if status is RolloutStatus.FAILED:
        reason = _failure_reason(deploy, service_deployment)
        told, why = _take_new_evidence(deploy, context, ecs_service)
        return start_rollback(told, context, RollbackCauseKind.ROLLOUT_FAILED, reason, why)
    if status is RolloutStatus.SCALED_TO_ZERO:
        return end_scaled_to_zero(deploy, context)
    return end_service_deleted(deploy, context, ecs_service)


def _rollout_succeeded(deploy: Deploy, context: StepContext, newer: DeploymentState | None) -> StepResult:
    now = context.now()
    if newer is None:
        images = confirm_running_images(deploy, context)
        if isinstance(images, StepResult):
            return images
        deploy = images
        if runs_other_image(deploy):
            return roll_back_other_image(deploy.evolve(rollout={"serving_at": now}), context)
    original = deploy.stop.restore_point
    if deploy.service.strategy is Strategy.STOP_START and original is not None:
        looked = attempt(
            lambda: _check_task_order(deploy, context, original, newer), attempts=deploy.retries.attempts
        )
        if isinstance(looked, SlipwayError):
            text = progress.order_not_proven(rollback_reasons.without_retry_promise(looked.message))
            looked = deploy.with_message(
                now, ThreadMessageKind.PROBLEM, text, broadcast=True, rollout={"serving_at": now}
            )
        deploy = looked
    else:
        deploy = count_draining(deploy, context)
    took = now - deploy.request.requested_at
    return succeed_or_check(deploy, context, took)


def _check_task_order(
    deploy: Deploy, context: StepContext, restore_point: RestorePoint, newer: DeploymentState | None
) -> Deploy:
    """Since when the new tasks serve, and loudly if one of them ran beside an old one."""
    service = deploy.service
    recorded = tasks.describe(context.region, service.cluster, restore_point.task_arns)
    listed = {
        t.arn: t for t in tasks.list_service_tasks(context.region, service.cluster, service.ecs_service)
    }
    known = {**recorded, **listed}.values()
    new = [task for task in known if task.started_by == deploy.ecs.deployment_id]
    not_old = {deploy.ecs.deployment_id, newer.id if newer else None}
    old = [task for task in known if task.started_by not in not_old]
    deploy = deploy.evolve(
        rollout={"serving_at": find_serving_since(new, restore_point.desired_count) or context.now()}
    )
    beside = measure_overlap(old, new)
    if beside is not None:
        deploy = deploy.with_message(
            context.now(), ThreadMessageKind.PROBLEM, progress.order_broken(beside), broadcast=True
        )
    return deploy


def _check_ecs_rollback_order(deploy: Deploy, context: StepContext) -> Deploy:
    """Loudly, if ECS ran both versions at once on its own way back."""
    beside = attempt(lambda: _did_versions_overlap(deploy, context), attempts=deploy.retries.attempts)
    if not beside:
        return deploy
    text = progress.order_broken_by_ecs()
    if isinstance(beside, SlipwayError):
        text = progress.order_not_proven(rollback_reasons.without_retry_promise(beside.message))
    return deploy.with_message(context.now(), ThreadMessageKind.PROBLEM, text, broadcast=True)


def _did_versions_overlap(deploy: Deploy, context: StepContext) -> bool:
    """Whether ECS started tasks of the old version before every task of the new one had stopped."""
    service = deploy.service
    recorded = deploy.stop.restore_point.task_arns if deploy.stop.restore_point else ()
    listed = tasks.list_service_tasks(context.region, service.cluster, service.ecs_service)
    new = [task for task in listed if task.started_by == deploy.ecs.deployment_id]
    back = [t for t in listed if t.started_by != deploy.ecs.deployment_id and t.arn not in recorded]
    return measure_overlap(new, back) is not None


def _failure_reason(deploy: Deploy, service_deployment: ServiceDeploymentState | None) -> str:
    said = service_deployment.reason if service_deployment else ""
    if (
        service_deployment is not None
        and service_deployment.status == "ROLLBACK_FAILED"
        and deploy.rollback.cause
    ):
        return rollback_reasons.ecs_rollback_failed(deploy.rollback.cause.sentence, said)
    return ecs_stop_reason(service_deployment) or rollback_reasons.rollout_failed(said)


def report_ecs_rollback(
    deploy: Deploy,
    context: StepContext,
    ecs_service: ServiceState | None,
    service_deployment: ServiceDeploymentState | None,
) -> Deploy:
    """The deploy with the reason why ECS rolls back by itself, told once, with every cause that was not told
    before: the end may be minutes away."""
    if deploy.rollback.cause is not None:
        return deploy
    cause = find_known_cause(deploy, service_deployment)
    if (
        cause is None
        and service_deployment is not None
        and service_deployment.status == "ROLLBACK_REQUESTED"
        and not service_deployment.reason
    ):
        return deploy  # it says why once it has begun
    reason = cause or ecs_rollback_reason(deploy, service_deployment, ecs_service)
    loud = _is_first_failure_while_stopped(deploy)
    deploy, why = _take_new_evidence(deploy, context, ecs_service)
    text = (
        progress.rolling_back(cause, ecs_rollback_revision(deploy), why)
        if cause
        else progress.ecs_rolling_back(reason, why)
    )
    reported = deploy.with_message(context.now(), ThreadMessageKind.PROBLEM, text, broadcast=loud)
    return reported.with_rollback_cause(RollbackCauseKind.ECS, reason)


def report_failures(
    deploy: Deploy,
    context: StepContext,
    ecs_service: ServiceState | None,
    stopped: StoppedTasks | None = None,
) -> Deploy:
    """Each cause once: the counts in a sentence grow, its words stay. stopped: as in `evidence.news`."""
    loud = _is_first_failure_while_stopped(deploy)
    deploy, why = _take_new_evidence(deploy, context, ecs_service, stopped)
    if not why.causes and not why.missing:
        return deploy
    return deploy.with_message(
        context.now(), ThreadMessageKind.PROBLEM, progress.new_tasks_failing(why), broadcast=loud
    )


def _is_first_failure_while_stopped(deploy: Deploy) -> bool:
    """Whether the first trouble of a stopped service is still to be told. It is told in the channel: nothing
    works until this is over."""
    return (
        deploy.stop.restore_point is not None
        and not deploy.rollout.reported_causes
        and deploy.rollback.cause is None
    )


def _take_new_evidence(
    deploy: Deploy,
    context: StepContext,
    ecs_service: ServiceState | None,
    stopped: StoppedTasks | None = None,
) -> tuple[Deploy, Evidence]:
    """What is new of the causes, noted as told. Tasks are asked for only if there is a sign of trouble."""
    if ecs_service is None or not has_signs_of_failure(deploy, ecs_service):
        return deploy, NO_EVIDENCE
    why, told = new_evidence(deploy, context, ecs_service, stopped=stopped)
    return deploy.evolve(rollout={"reported_causes": told}), why
