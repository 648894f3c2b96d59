"""Phases SAVING_RESTORE_POINT to STARTING: stop every task, prove that it stopped, start the new version.

For services that need strict FIFO order: no new task starts before every old one has lastStatus STOPPED.
`runningCount == 0` would not prove it: it leaves out tasks that are DEACTIVATING, STOPPING or DEPROVISIONING
(ECS developer guide, "Task lifecycle").
"""

from __future__ import annotations

from deploys.errors import ScaledToZero
from deploys.records.confirmations import Observation
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.restore_point import RestorePoint
from deploys.records.rollback import RollbackCauseKind
from deploys.records.thread_messages import Notice, ThreadMessageKind
from workers.ecs import services, tasks
from workers.ecs.state import ServiceState, TaskState
from workers.flows.ending import (
    confirm_service_deleted,
    confirm_superseded,
    confirm_twice,
    end_cancelled,
    end_deploy,
    roll_back_cancelled,
    start_rollback,
)
from workers.flows.first_change import check_first_change
from workers.flows.observe.image_comparison import record_running_images
from workers.flows.own_revisions import is_own_revision, rollback_revision
from workers.flows.stopped_service import restore_tags, scaling_suspension, slow_tasks
from workers.flows.strategies.our_deployment import follow_our_deployment, with_update_intent
from workers.messages import outcomes, progress, rollback_reasons
from workers.step_context import StepContext, StepResult


def save_restore_point(deploy: Deploy, context: StepContext) -> StepResult:
    """Records what every way out brings back, before anything is stopped."""
    if deploy.cancel:
        if deploy.stop.restore_point is None:
            remove_restore_tags(deploy, context)
        return end_cancelled(deploy, context)
    ecs_service = context.read_service()
    if ecs_service is None or ecs_service.status != "ACTIVE":
        return confirm_service_deleted(deploy, context, ecs_service)
    if ecs_service.revision != rollback_revision(deploy):
        return confirm_superseded(deploy, context, ecs_service)
    if ecs_service.desired == 0:
        raise ScaledToZero(service=deploy.service.name, who="")
    deploy = check_first_change(deploy, context)
    listed = tasks.list_service_tasks(context.region, deploy.service.cluster, deploy.service.ecs_service)
    running = tuple(task.arn for task in listed if task.last_status != "STOPPED")
    restore_point = RestorePoint(
        revision=ecs_service.revision, desired_count=ecs_service.desired, task_arns=running
    )
    scaling = scaling_suspension.record_scaling(deploy, context, ecs_service)
    context.guard()
    with_restore_point = deploy.evolve(stop={"restore_point": restore_point, "scaling": scaling})
    tags = restore_tags.build_signed_tags(with_restore_point, ecs_service, context.signer)
    services.tag(context.region, ecs_service.arn, tags)
    saved = record_running_images(deploy, context).evolve(
        stop={"restore_point": restore_point, "scaling": scaling}
    )
    return StepResult(saved.in_phase(Phase.STOPPING, context.now()))


def stop_service(deploy: Deploy, context: StepContext) -> StepResult:
    """Sets the desired count to 0, once nothing else changes it."""
    restore_point = require_restore_point(deploy)
    service = deploy.service
    if deploy.cancel and deploy.stop.requested_at is None:
        return end_cancelled(deploy, context)
    if deploy.cancel:
        return roll_back_cancelled(deploy, context)
    if deploy.stop.requested_at is None:
        deploy = check_first_change(deploy, context)
        suspended = scaling_suspension.suspend_scaling(deploy, context)
        if isinstance(suspended, StepResult):
            return suspended
        deploy = suspended
    ecs_service = context.read_service()
    if ecs_service is None or ecs_service.status != "ACTIVE":
        return confirm_service_deleted(deploy, context, ecs_service)
    if ecs_service.revision != restore_point.revision:
        return _resume_or_end(deploy, context, ecs_service)
    if deploy.stop.requested_at is None:
        if ecs_service.desired != restore_point.desired_count:
            # It was scaled after its count was recorded. From now on, it cannot be.
            scaled = deploy.without_notice(Notice.STOPPING_OLD_TASKS)
            return StepResult(scaled.in_phase(Phase.SAVING_RESTORE_POINT, context.now()))
        deploy = context.write_intent(_with_stop_intent(deploy, restore_point, context.now()))
    else:
        deploy = context.write_intent(deploy.evolve(ecs={"update_uncertain": True}))
    if ecs_service.desired != 0:
        tags = restore_tags.build_signed_tags(deploy, ecs_service, context.signer, stopped_at=context.now())
        context.guard()
        services.tag(context.region, ecs_service.arn, tags)
        context.guard()
        services.update(context.region, service.cluster, service.ecs_service, desired=0)
    return StepResult(deploy.in_phase(Phase.DRAINING, context.now()), delay=context.timing.watch_seconds)


def _with_stop_intent(deploy: Deploy, restore_point: RestorePoint, now: float) -> Deploy:
    """The deploy about to be stopped, which is reported once however often AWS refuses the call."""
    if not deploy.has_notice(Notice.STOPPING_OLD_TASKS):
        text = progress.stopping_old_tasks(deploy, restore_point)
        deploy = deploy.with_message(now, ThreadMessageKind.PROGRESS, text)
        deploy = deploy.with_notice(Notice.STOPPING_OLD_TASKS)
    return deploy.evolve(stop={"requested_at": now})


def drain_service(deploy: Deploy, context: StepContext) -> StepResult:
    """Waits until every old task is STOPPED."""
    now = context.now()
    if deploy.cancel:
        return roll_back_cancelled(deploy, context)
    ecs_service = context.read_service()
    if ecs_service is None or ecs_service.status != "ACTIVE":
        return confirm_service_deleted(deploy, context, ecs_service)
    restore_point = require_restore_point(deploy)
    if ecs_service.revision != restore_point.revision:
        return _resume_or_end(deploy, context, ecs_service)
    if ecs_service.desired != 0:
        return confirm_twice(
            deploy, context, Observation.COUNT_CHANGED, str(ecs_service.desired)
        ) or start_rollback(
            deploy,
            context,
            RollbackCauseKind.COUNT_CHANGED,
            rollback_reasons.count_changed(ecs_service.desired),
        )
    old_tasks = read_old_tasks(deploy, context)
    arns = tuple(dict.fromkeys((*restore_point.task_arns, *(task.arn for task in old_tasks))))
    running = slow_tasks.list_running_tasks(
        old_tasks, slow_tasks.read_protections(deploy, context, old_tasks)
    )
    deploy = deploy.evolve(
        stop={"restore_point": restore_point.evolve(task_arns=arns), "old_tasks": running},
        pending_confirmation=None,
        rollout={
            "counts": deploy.rollout.counts.evolve(
                old_running=len(running), new_desired=restore_point.desired_count
            )
        },
    )
    if running:
        if now - deploy.phase_since > deploy.service.deadline:
            reason = rollback_reasons.old_tasks_not_stopping(deploy, now)
            return start_rollback(deploy, context, RollbackCauseKind.TASKS_NOT_STOPPING, reason)
        return StepResult(slow_tasks.report_slow_tasks(deploy, context), delay=context.timing.watch_seconds)
    seconds = now - (deploy.stop.requested_at or now)
    drained = deploy.with_message(
        now,
        ThreadMessageKind.PROGRESS,
        progress.all_old_tasks_stopped(len(arns), seconds),
        stop={"all_stopped_at": now},
    )
    return StepResult(drained.in_phase(Phase.STARTING, now))


def start_new_version(deploy: Deploy, context: StepContext) -> StepResult:
    """Sets the new revision and the recorded count in one update."""
    restore_point = require_restore_point(deploy)
    service = deploy.service
    ecs_service = context.read_service()
    if ecs_service is None or ecs_service.status != "ACTIVE":
        return confirm_service_deleted(deploy, context, ecs_service)
    if ecs_service.revision == deploy.ecs.new_revision and ecs_service.desired == restore_point.desired_count:
        return follow_our_deployment(deploy, context, ecs_service, _started_text)
    if deploy.cancel:
        return roll_back_cancelled(deploy, context)
    if not is_own_revision(deploy, ecs_service.revision):
        return end_superseded_while_stopped(deploy, context, ecs_service)
    if ecs_service.revision == restore_point.revision and (
        ecs_service.desired != 0 or _is_any_running(deploy, context)
    ):
        # Something started old tasks again after they were proven stopped, so that has to be proven again.
        return StepResult(deploy.in_phase(Phase.DRAINING, context.now()))
    deploy = context.write_intent(with_update_intent(deploy, ecs_service))
    context.guard()
    updated = services.update(
        context.region,
        service.cluster,
        service.ecs_service,
        revision=deploy.ecs.new_revision,
        desired=restore_point.desired_count,
    )
    return follow_our_deployment(deploy, context, updated, _started_text)


def read_old_tasks(deploy: Deploy, context: StepContext) -> tuple[TaskState, ...]:
    """The recorded tasks and every other task of the service that ECS still lists.

    A recorded task that ECS no longer describes has been STOPPED for about an hour (ECS API reference,
    DescribeTasks), so it is left out.
    """
    service = deploy.service
    listed = {
        task.arn: task
        for task in tasks.list_service_tasks(context.region, service.cluster, service.ecs_service)
    }
    missing = [arn for arn in require_restore_point(deploy).task_arns if arn not in listed]
    described = tasks.describe(context.region, service.cluster, missing) if missing else {}
    running = [task for task in listed.values() if task.last_status != "STOPPED"]
    recorded = [
        task
        for arn in require_restore_point(deploy).task_arns
        if (task := listed.get(arn) or described.get(arn)) is not None
    ]
    return tuple({task.arn: task for task in (*recorded, *running)}.values())


def _is_any_running(deploy: Deploy, context: StepContext) -> bool:
    return any(task.last_status != "STOPPED" for task in read_old_tasks(deploy, context))


def _resume_or_end(deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> StepResult:
    """The new version is only ever set once every old task is STOPPED: an older record goes on from there."""
    if ecs_service.revision == deploy.ecs.new_revision:
        return StepResult(deploy.in_phase(Phase.STARTING, context.now()))
    return end_superseded_while_stopped(deploy, context, ecs_service)


def end_superseded_while_stopped(
    deploy: Deploy, context: StepContext, ecs_service: ServiceState
) -> StepResult:
    """Somebody else set another revision. Slipway leaves it, but leaves nothing at zero."""
    primary = ecs_service.primary.id if ecs_service.primary else ""
    if again := confirm_twice(deploy, context, Observation.SUPERSEDED, f"{primary} {ecs_service.revision}"):
        return again
    text = outcomes.superseded(deploy, ecs_service.revision, primary)
    if ecs_service.desired == 0:
        service, count = deploy.service, require_restore_point(deploy).desired_count
        context.guard()
        services.update(context.region, service.cluster, service.ecs_service, desired=count)
        text = f"{text} {outcomes.count_restored(count)}"
    return end_deploy(deploy, context, Outcome.SUPERSEDED, text)


def remove_restore_tags(deploy: Deploy, context: StepContext) -> None:
    """Removes this deploy's tags from the ECS service."""
    ecs_service = context.read_service()
    if ecs_service is not None and restore_tags.belongs_to_another(ecs_service, context.signer, deploy.id):
        return
    tag_keys = [key for key in restore_tags.TAG_KEYS if ecs_service is not None and key in ecs_service.tags]
    if ecs_service is not None and tag_keys:
        context.guard()
        services.untag(context.region, ecs_service.arn, tag_keys)


def require_restore_point(deploy: Deploy) -> RestorePoint:
    """What has to be brought back. It is recorded before the phases that need it."""
    if deploy.stop.restore_point is None:
        raise ValueError(f"deploy {deploy.id} is {deploy.phase} without a restore point")
    return deploy.stop.restore_point


def _started_text(deploy: Deploy) -> str:
    return progress.starting_new_tasks(deploy, require_restore_point(deploy).desired_count)
