"""`strategy: rolling`: ECS replaces the tasks, within the minimum healthy and maximum percent."""

from __future__ import annotations

from deploys.catalogue.service import Service
from deploys.errors import AwsUnavailable, DaemonTasksBlocked, TasksBlocked
from deploys.healthy_percent import task_limits
from deploys.mrkdwn import plural
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from workers.ecs import service_deployments, services
from workers.ecs.state import DeploymentState, ServiceDeploymentState, ServiceState
from workers.flows.best_effort import best_effort
from workers.flows.ending import confirm_superseded
from workers.flows.observe.drain import count_draining, report_serving
from workers.flows.own_revisions import is_recorded_revision, rollback_revision
from workers.flows.restore.revision_copy import ensure_active, keep_images
from workers.flows.restore.rollback_progress import (
    ROLLBACK_STATUSES,
    end_unrestorable,
    tag_rollback_revision,
    to_following_rollback,
    with_stop_accepted,
    with_stop_ignored,
    with_update_sent,
)
from workers.flows.strategies.ecs_strategy import check_ecs_strategy
from workers.step_context import StepContext, StepResult

STOPPABLE_STATUSES = {"PENDING", "IN_PROGRESS"}
"""States in which StopServiceDeployment rolls back (ECS API reference)."""
STOP_GRACE_SECONDS = 30.0
"""How long ECS has to stop a rollout after it accepted the request (seconds)."""


class Rolling:
    """A rollout that ECS carries out by itself after one update of the service."""

    first_phase = Phase.UPDATING
    listed_within_seconds = 0.0
    """How long a rollback waits for ECS to list the service deployment that it would stop (seconds). To
    update the service works as well, and at once.
    """

    def check_service(self, service: Service, ecs_service: ServiceState) -> None:
        check_ecs_strategy(service, ecs_service, native=False)

    def check_count(self, service: Service, ecs_service: ServiceState) -> None:
        _check_healthy_percent(service, ecs_service)

    def observe(
        self, deploy: Deploy, service_deployment: ServiceDeploymentState | None, now: float
    ) -> Deploy:
        return deploy

    def advance(
        self, deploy: Deploy, context: StepContext, service_deployment: ServiceDeploymentState | None
    ) -> Deploy | StepResult:
        return deploy

    def report_serving(self, deploy: Deploy, context: StepContext) -> Deploy:
        return report_serving(deploy, context)

    def check_success(self, deploy: Deploy, context: StepContext, newer: DeploymentState | None) -> Deploy:
        return count_draining(deploy, context)

    def check_ecs_rollback(self, deploy: Deploy, context: StepContext) -> Deploy:
        return deploy

    def end_superseded(self, deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> StepResult:
        return confirm_superseded(deploy, context, ecs_service)

    def restore(self, deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> StepResult:
        """Stops the rollout in ECS, which then rolls back. If it cannot be stopped, updates the service."""
        if is_recorded_revision(deploy, ecs_service.revision):
            return self._follow_unmoved(deploy, context, ecs_service)
        rollout, may_be_listed_yet = self._find_rollout(deploy, context)
        if rollout is None and may_be_listed_yet:
            return StepResult(deploy, delay=context.timing.unannounced_seconds)
        if rollout is not None and rollout.status in ROLLBACK_STATUSES:
            return to_following_rollback(deploy, context)
        accepted_at = deploy.rollback.progress.stop_accepted_at if deploy.rollback.progress else None
        if rollout is not None and rollout.status in STOPPABLE_STATUSES and accepted_at is None:
            arn = rollout.arn
            context.guard()
            if best_effort(lambda: _stop_rollout(context, arn), False, attempts=deploy.retries.attempts):
                return to_following_rollback(with_stop_accepted(deploy, context.now()), context)
            # It ended in this moment, or cannot be stopped: the update below does the same.
        elif rollout is not None and rollout.status in STOPPABLE_STATUSES and accepted_at is not None:
            if context.now() - accepted_at < STOP_GRACE_SECONDS:
                return to_following_rollback(deploy, context)
            deploy = context.write_intent(with_stop_ignored(deploy, context.now()))
        return _restore_by_update(deploy, context, ecs_service)

    def advance_rollback(self, deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> Deploy:
        return deploy

    def is_taken_over(self, deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> bool:
        return False

    def clean_up(self, deploy: Deploy, context: StepContext) -> None:
        """Its revisions keep their tags: they say which deploy registered them."""

    def _follow_unmoved(self, deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> StepResult:
        """Perhaps the update never arrived, or arrives later, or this read is stale."""
        primary = ecs_service.primary
        never_moved = primary is not None and primary.id == deploy.ecs.previous_deployment_id
        uncertain = deploy.ecs.update_uncertain or never_moved
        return to_following_rollback(deploy.evolve(ecs={"update_uncertain": uncertain}), context)

    def _find_rollout(
        self, deploy: Deploy, context: StepContext
    ) -> tuple[ServiceDeploymentState | None, bool]:
        """ECS's record of our rollout, and whether a later read may show it."""
        waits = self.listed_within_seconds > 0 and deploy.ecs.deployment_id is not None
        early = waits and context.now() - deploy.phase_since < self.listed_within_seconds
        unreadable: tuple[ServiceDeploymentState | None, bool] = (None, False)
        try:
            return best_effort(lambda: (context.read_service_deployment(), early), unreadable, attempts=0)
        except AwsUnavailable:
            return None, early


def _check_healthy_percent(service: Service, ecs_service: ServiceState) -> None:
    """Refuses a service whose tasks ECS could not replace. If none of them runs, new ones fill their places,
    so a fix for a version that does not start is allowed.

    Raises:
        TasksBlocked, DaemonTasksBlocked
    """
    limits = task_limits(
        ecs_service.desired, ecs_service.minimum_healthy_percent, ecs_service.maximum_percent
    )
    if ecs_service.running == 0 or limits is None or not limits.blocked:
        return
    facts = {
        "ecs_service": service.ecs_service,
        "desired": plural(limits.desired, "task"),
        "minimum": limits.minimum_percent,
        "maximum": limits.maximum_percent,
        "fewest": limits.min_healthy,
        "lower": limits.minimum_that_works,
        "none_runs": "" if limits.minimum_that_works else "; no task runs for a while then",
    }
    if ecs_service.scheduling == "DAEMON":
        raise DaemonTasksBlocked(**facts)
    raise TasksBlocked(most=limits.max_tasks, higher=limits.maximum_that_works, **facts)


def _stop_rollout(context: StepContext, arn: str) -> bool:
    """ECS accepted the request to stop this rollout."""
    service_deployments.stop(context.region, arn)
    return True


def _restore_by_update(deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> StepResult:
    restorable, service = ensure_active(deploy, context, ecs_service), deploy.service
    if restorable is None:
        return end_unrestorable(deploy, context, ecs_service)
    restorable = keep_images(restorable, context, ecs_service)
    revision = rollback_revision(restorable)
    tag_rollback_revision(restorable, context, revision, replaces=ecs_service.revision)
    context.guard()
    services.update(context.region, service.cluster, service.ecs_service, revision=revision)
    return to_following_rollback(with_update_sent(restorable, context.now()), context)
