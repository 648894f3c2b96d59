"""How far a rollback is, and the steps in it that do not depend on the strategy."""

from __future__ import annotations

import structlog

from deploys.errors import AwsRefused
from deploys.records.confirmations import Observation
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.rollback import RollbackProgress
from deploys.records.thread_messages import ThreadMessageKind
from workers.ecs import services, task_definitions
from workers.ecs.state import ServiceState
from workers.flows.best_effort import attempt
from workers.flows.ending import confirm_twice, end_deploy
from workers.flows.own_revisions import is_recorded_revision, recorded_revision, rollback_revision
from workers.messages import outcomes, progress, rollback_reasons
from workers.messages.evidence import NO_EVIDENCE
from workers.step_context import StepContext, StepResult

log = structlog.get_logger()

ROLLBACK_STATUSES = {"ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "STOP_REQUESTED"}
"""Statuses of a service deployment in which ECS itself rolls back (ECS API reference)."""


def with_rollback_begun(deploy: Deploy, now: float) -> Deploy:
    """The deploy with the time at which its rollback began."""
    return (
        deploy
        if deploy.rollback.progress is not None
        else deploy.evolve(rollback={"progress": RollbackProgress(started_at=now)})
    )


def with_stop_accepted(deploy: Deploy, now: float) -> Deploy:
    """ECS accepted the request to stop our rollout."""
    rollback = deploy.rollback.progress or RollbackProgress(started_at=now)
    return deploy.evolve(rollback={"progress": rollback.evolve(stop_accepted_at=now)})


def with_stop_ignored(deploy: Deploy, now: float) -> Deploy:
    """ECS accepted that request and goes on nevertheless, which is reported once."""
    rollback = deploy.rollback.progress or RollbackProgress(started_at=now)
    if rollback.stop_ignored:
        return deploy
    text = progress.stop_ignored_by_ecs(rollback_revision(deploy))
    return deploy.with_message(
        now, ThreadMessageKind.PROBLEM, text, rollback={"progress": rollback.evolve(stop_ignored=True)}
    )


def with_update_sent(deploy: Deploy, now: float) -> Deploy:
    """An update has set the recorded revision."""
    rollback = deploy.rollback.progress or RollbackProgress(started_at=now)
    return (
        deploy
        if rollback.updated_at is not None
        else deploy.evolve(rollback={"progress": rollback.evolve(updated_at=now)})
    )


def set_recorded_revision(
    deploy: Deploy, context: StepContext, ecs_service: ServiceState, count: int
) -> None:
    """Sets the recorded revision and this desired count (tasks), in one update.

    ECS may refuse a revision that was deregistered. A service that already has it can still be scaled (ECS
    API reference, DeregisterTaskDefinition), so then only the count is set.

    Raises the errors of `services.update`.
    """
    service, revision = deploy.service, rollback_revision(deploy)
    context.guard()
    try:
        services.update(
            context.region, service.cluster, service.ecs_service, revision=revision, desired=count
        )
    except AwsRefused:
        if not is_recorded_revision(deploy, ecs_service.revision):
            raise
        context.guard()
        services.update(context.region, service.cluster, service.ecs_service, desired=count)


def tag_rollback_revision(deploy: Deploy, context: StepContext, revision: str, *, replaces: str) -> None:
    """Called before an update to a revision that ran before, which may carry the id of another deploy: the
    tag shows that this rollout is ours, should Redis lose the record.

    A tag that AWS refuses does not stop the rollback.
    """
    context.guard()
    error = attempt(lambda: task_definitions.tag_for_rollback(context.region, revision, deploy.id, replaces))
    if error is not None:
        log.warning("the revision could not be marked", deploy=deploy.id, error=error.message)


def end_unrestorable(
    deploy: Deploy, context: StepContext, ecs_service: ServiceState, *, count: int | None = None
) -> StepResult:
    """The recorded revision was deleted, so nothing brings it back: the service keeps its revision.

    count: the desired count that a stopped service gets back (tasks).
    """
    if again := confirm_twice(deploy, context, Observation.RESTORE_REVISION_DELETED):
        return again
    service, rollback = deploy.service, deploy.rollback.progress or RollbackProgress(started_at=context.now())
    if count is not None and ecs_service.desired == 0:
        context.guard()
        services.update(context.region, service.cluster, service.ecs_service, desired=count)
    reason = rollback_reasons.restore_revision_deleted(
        deploy, recorded_revision(deploy), ecs_service.revision
    )
    text = outcomes.failed(reason, NO_EVIDENCE)
    return end_deploy(
        deploy.evolve(rollback={"progress": rollback.evolve(gave_up=True)}), context, Outcome.FAILED, text
    )


def to_following_rollback(deploy: Deploy, context: StepContext) -> StepResult:
    now = context.now()
    following = deploy.in_phase(
        Phase.FOLLOWING_ROLLBACK,
        now,
        stop={"old_tasks": ()},
    )
    return StepResult(following, delay=context.timing.confirm_seconds)
