"""`strategy: stop-start`: every old task is stopped, and proven stopped, before a new one starts.

The deploy sets the desired count itself, so it brings the count back on every way out. Its phases up to the
start of the new version are in `stopping_and_starting`.
"""

from __future__ import annotations

from deploys.catalogue.service import Service
from deploys.errors import DaemonStopStart, SlipwayError
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.thread_messages import Notice, ThreadMessageKind
from workers.ecs import services, tasks
from workers.ecs.state import DeploymentState, ServiceState
from workers.flows.best_effort import attempt
from workers.flows.own_revisions import is_recorded_revision, rollback_revision
from workers.flows.restore.revision_copy import ensure_active, keep_images
from workers.flows.restore.rollback_progress import (
    end_unrestorable,
    set_recorded_revision,
    tag_rollback_revision,
    to_following_rollback,
    with_update_sent,
)
from workers.flows.stopped_service import restore_tags, scaling_suspension, slow_tasks
from workers.flows.stopped_service.task_order import check_ecs_rollback_order, check_task_order
from workers.flows.strategies.rolling import Rolling
from workers.flows.strategies.stop_start_steps import (
    end_superseded_while_stopped,
    remove_restore_tags,
    require_restore_point,
)
from workers.messages import alerts, progress, rollback_reasons
from workers.step_context import StepContext, StepResult


class StopStart(Rolling):
    """As rolling, once the new version is started and before the restore point is saved."""

    first_phase = Phase.SAVING_RESTORE_POINT

    def check_service(self, service: Service, ecs_service: ServiceState) -> None:
        if ecs_service.scheduling == "DAEMON":
            raise DaemonStopStart(service=service.name)
        super().check_service(service, ecs_service)

    def check_count(self, service: Service, ecs_service: ServiceState) -> None:
        """The percentages do not prevent a count of 0, and the new tasks start from none."""

    def report_serving(self, deploy: Deploy, context: StepContext) -> Deploy:
        """No old task is left by then."""
        return deploy

    def check_success(self, deploy: Deploy, context: StepContext, newer: DeploymentState | None) -> Deploy:
        restore_point, now = deploy.stop.restore_point, context.now()
        if restore_point is None:
            return super().check_success(deploy, context, newer)
        checked = attempt(
            lambda: check_task_order(deploy, context, restore_point, newer), attempts=deploy.retries.attempts
        )
        if not isinstance(checked, SlipwayError):
            return checked
        text = progress.order_not_proven(rollback_reasons.without_retry_promise(checked.message))
        return deploy.with_message(
            now, ThreadMessageKind.PROBLEM, text, broadcast=True, rollout={"serving_at": now}
        )

    def check_ecs_rollback(self, deploy: Deploy, context: StepContext) -> Deploy:
        return check_ecs_rollback_order(deploy, context) if deploy.stop.owns_count else deploy

    def end_superseded(self, deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> StepResult:
        if not deploy.stop.owns_count:
            return super().end_superseded(deploy, context, ecs_service)
        return end_superseded_while_stopped(deploy, context, ecs_service)

    def restore(self, deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> StepResult:
        """Brings back the recorded revision and count in one update.

        Strict order holds here too: nothing starts before every task that stops is STOPPED.
        """
        restorable = ensure_active(deploy, context, ecs_service)
        if restorable is None:
            restore_point = deploy.stop.restore_point
            count = restore_point.desired_count if restore_point else None
            return end_unrestorable(deploy, context, ecs_service, count=count)
        deploy, service = restorable, deploy.service
        count = require_restore_point(deploy).desired_count
        if is_recorded_revision(deploy, ecs_service.revision) and ecs_service.desired != 0:
            # It runs already: to stop it once more would only mean more downtime.
            if ecs_service.desired != count:
                context.guard()
                services.update(context.region, service.cluster, service.ecs_service, desired=count)
            return to_following_rollback(deploy, context)
        if ecs_service.desired != 0:
            return _stop_again(deploy, context, ecs_service)
        listed = tasks.list_service_tasks(context.region, service.cluster, service.ecs_service)
        protections = slow_tasks.read_protections(deploy, context, listed)
        blocking = slow_tasks.list_blocking_tasks(deploy, ecs_service, listed, protections, context.now())
        deploy = deploy.evolve(stop={"old_tasks": slow_tasks.list_running_tasks(blocking, protections)})
        if blocking:
            text = alerts.rollback_waits_for_tasks(deploy, context.now())
            return _wait(deploy, context, text)
        deploy = keep_images(deploy, context, ecs_service)
        if not is_recorded_revision(deploy, ecs_service.revision):
            tag_rollback_revision(deploy, context, rollback_revision(deploy), replaces=ecs_service.revision)
        set_recorded_revision(deploy, context, ecs_service, count)
        return to_following_rollback(with_update_sent(deploy, context.now()), context)

    def is_taken_over(self, deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> bool:
        return deploy.stop.owns_count and restore_tags.belongs_to_another(
            ecs_service, context.signer, deploy.id
        )

    def clean_up(self, deploy: Deploy, context: StepContext) -> None:
        """Removes the restore tags."""
        if deploy.stop.owns_count:
            remove_restore_tags(deploy, context)


def _stop_again(deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> StepResult:
    """The new version runs, or somebody raised the count."""
    service = deploy.service
    deploy = scaling_suspension.suspend_scaling_again(deploy, context, ecs_service)
    context.guard()
    services.update(context.region, service.cluster, service.ecs_service, desired=0)
    return _wait(deploy, context, alerts.count_keeps_changing(ecs_service.desired))


def _wait(deploy: Deploy, context: StepContext, text: str) -> StepResult:
    """Another try soon. The channel is told once, if the tasks take longer to stop than a rollout may."""
    now = context.now()
    is_late = now - deploy.phase_since > deploy.service.deadline
    if is_late and not deploy.has_notice(Notice.RESTORE_WAITS):
        deploy = deploy.with_message(now, ThreadMessageKind.PROBLEM, text, broadcast=True)
        deploy = deploy.with_notice(Notice.RESTORE_WAITS)
    return StepResult(deploy, delay=context.timing.unannounced_seconds)
