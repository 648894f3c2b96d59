"""Why tasks of the old version do not start again during a rollback, reported while it goes on."""

from __future__ import annotations

from dataclasses import replace

from deploys.records.deploy import Deploy
from deploys.records.thread_messages import ThreadMessageKind
from workers.ecs.reasons.cause_summary import find_causes
from workers.ecs.state import ServiceState
from workers.flows.observe.deadline import rollback_deadline
from workers.flows.observe.ecs_rollback import ecs_rollback_revision
from workers.flows.observe.failure_evidence import events_of_deployment, gather_evidence, new_evidence
from workers.flows.own_revisions import is_recorded_revision, rollback_revision
from workers.flows.rollback.rollback_retry import ROLLBACK_PREFIX, is_failure_reported
from workers.messages import outcomes, progress, rollback_reasons
from workers.messages.evidence import Evidence
from workers.step_context import StepContext

_START_FAILURE_EVENTS = (
    "unable to place a task",
    "failed to launch a task",
    "unable to consistently start tasks",
    "unable to stop or start tasks",
)
"""Events about tasks that do not start. Failing health checks may still be those of the new version."""


def as_rollout_of_old_version(
    deploy: Deploy, ecs_service: ServiceState | None
) -> tuple[Deploy, ServiceState] | None:
    """The rollback as if it were a deploy of the old revision, and the service with only the events about
    that; None while ECS shows no deployment of it. Pure.
    """
    primary = ecs_service.primary if ecs_service else None
    if ecs_service is None or primary is None:
        return None
    rolls_back = is_recorded_revision(deploy, primary.revision) or primary.revision == ecs_rollback_revision(
        deploy
    )
    if primary.id == deploy.ecs.deployment_id or not rolls_back:
        return None
    since = max(primary.created_at, deploy.ecs.rollout_started_at or deploy.request.requested_at)
    rollback = deploy.evolve(
        ecs={"deployment_id": primary.id, "new_revision": primary.revision, "rollout_started_at": since}
    )
    events = tuple(
        e for e in ecs_service.events if any(phrase in e.message for phrase in _START_FAILURE_EVENTS)
    )
    return rollback, replace(ecs_service, events=events)


def report_rollback_failures(
    deploy: Deploy, context: StepContext, ecs_service: ServiceState | None
) -> Deploy:
    """Reports each cause once, and the first one in the channel: nothing else brings the service back now."""
    found = as_rollout_of_old_version(deploy, ecs_service)
    if found is None:
        return deploy
    rollback, ecs_service_of_rollback = found
    failed = ecs_service_of_rollback.primary.failed if ecs_service_of_rollback.primary else 0
    if failed == 0 and not find_causes(
        (), events_of_deployment(rollback, ecs_service_of_rollback), rollback.ecs.rollout_started_at or 0.0
    ):
        return deploy
    evidence, reported_causes = new_evidence(rollback, context, ecs_service_of_rollback, ROLLBACK_PREFIX)
    if not evidence.causes and not evidence.missing:
        return deploy
    reported = is_failure_reported(deploy)
    message = progress.more_rollback_tasks_failing if reported else progress.rollback_tasks_failing
    text = message(rollback.ecs.new_revision or "", evidence)
    return deploy.with_message(
        context.now(),
        ThreadMessageKind.PROBLEM,
        text,
        broadcast=not reported,
        rollout={"reported_causes": reported_causes},
    )


def rollback_overdue_text(deploy: Deploy, context: StepContext, ecs_service: ServiceState | None) -> str:
    """That the rollback took too long: why, and why it was started."""
    found = as_rollout_of_old_version(deploy, ecs_service)
    gave_up = (
        ecs_service is not None
        and ecs_service.primary is not None
        and ecs_service.primary.rollout_state == "FAILED"
    )
    reason = rollback_reasons.rollback_overdue(rollback_revision(deploy), rollback_deadline(deploy), gave_up)
    evidence = gather_evidence(found[0], context, found[1]) if found is not None else Evidence()
    before = gather_evidence(deploy, context, None)  # by now, events are about the rollback
    before = replace(before, missing=tuple(each for each in before.missing if each not in evidence.missing))
    return outcomes.rollback_failed(reason, evidence, deploy.outcome_reason, before)
