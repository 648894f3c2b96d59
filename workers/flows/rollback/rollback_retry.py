"""A rollback that does not hold: the service gets the recorded revision, and is moved away from it again.

ECS's circuit breaker does that if the old version cannot start either: it rolls back to the deployment that
completed last, which is the new version's. To set the old one for ever would not help: after the deadline of
the rollback the deploy has failed, and the service is left as it is, unless it is at zero.
"""

from __future__ import annotations

from deploys.errors import SlipwayError
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.rollback import RollbackProgress
from deploys.records.thread_messages import Notice, ThreadMessageKind
from workers.ecs import tasks
from workers.ecs.reasons.cause_summary import CountedCause, find_causes
from workers.ecs.reasons.service_event import is_about_another_deployment
from workers.ecs.state import ServiceState
from workers.flows.best_effort import attempt
from workers.flows.ending import end_deploy
from workers.flows.observe import missing_evidence
from workers.flows.observe.failure_evidence import cause_keys, unreported_causes, with_essential_containers
from workers.flows.own_revisions import is_recorded_revision, rollback_revision
from workers.messages import alerts, outcomes, rollback_reasons
from workers.messages.evidence import Evidence
from workers.step_context import StepContext, StepResult

STALE_SECONDS = 30.0
"""For this long, a stale read or a late call of ours may show the new revision once more (seconds)."""
ROLLBACK_PREFIX = "back "
"""Keeps causes of failures during a rollback apart from those of the new version."""


def retry_rollback(
    deploy: Deploy, context: StepContext, ecs_service: ServiceState, limit: float
) -> StepResult:
    """Goes to RESTORING once more and reports it. After `limit` seconds, the service is left as it is.

    A service at zero is never left.
    """
    now = context.now()
    rollback = deploy.rollback.progress or RollbackProgress(started_at=deploy.phase_since)
    elapsed = now - rollback.started_at
    if elapsed > limit and ecs_service.desired != 0:
        reason = rollback_reasons.rollback_did_not_hold(deploy, rollback_revision(deploy), elapsed)
        text = outcomes.failed(reason, gather_rollback_evidence(deploy, context, ecs_service))
        given_up = deploy.evolve(rollback={"progress": rollback.evolve(gave_up=True)})
        return end_deploy(given_up, context, Outcome.FAILED, text)
    again = deploy.evolve(rollback={"progress": rollback})
    undone = rollback.updated_at is not None and now - rollback.updated_at > STALE_SECONDS
    if undone and not deploy.has_notice(Notice.ROLLBACK_UNDONE):
        reported = (
            _report_undone(again, context, ecs_service, limit)
            if ecs_service.desired != 0
            else _report_zero(again, now)
        )
        again = reported.with_notice(Notice.ROLLBACK_UNDONE)
    return StepResult(again.in_phase(Phase.RESTORING, now), delay=context.timing.unannounced_seconds)


def _report_undone(deploy: Deploy, context: StepContext, ecs_service: ServiceState, limit: float) -> Deploy:
    """Reports that the rollback does not hold. Only in the thread, if the channel knows already that the old
    version does not start, which is why.
    """
    reported = is_failure_reported(deploy)
    causes, _ = _read_causes(deploy, context, ecs_service)
    new_causes = unreported_causes(deploy, causes, ROLLBACK_PREFIX)
    message = alerts.rollback_still_does_not_hold if reported else alerts.rollback_does_not_hold
    text = message(deploy, rollback_revision(deploy), limit, tuple(each.text for each in new_causes))
    reported_causes = (*deploy.rollout.reported_causes, *cause_keys(new_causes, ROLLBACK_PREFIX))
    return deploy.with_message(
        context.now(),
        ThreadMessageKind.PROBLEM,
        text,
        broadcast=not reported,
        rollout={"reported_causes": reported_causes},
    )


def _report_zero(deploy: Deploy, now: float) -> Deploy:
    """Reports that the count does not hold: nothing else brings the service back."""
    count = deploy.stop.count_to_restore
    text = alerts.count_keeps_going_to_zero(rollback_revision(deploy), count)
    return deploy.with_message(now, ThreadMessageKind.PROBLEM, text, broadcast=True)


def is_failure_reported(deploy: Deploy) -> bool:
    """Whether the channel knows already that the old version does not start again. Pure."""
    undone = deploy.has_notice(Notice.ROLLBACK_UNDONE)
    return undone or any(each.startswith(ROLLBACK_PREFIX) for each in deploy.rollout.reported_causes)


def gather_rollback_evidence(deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> Evidence:
    """Why tasks of the recorded revision do not start during the rollback."""
    causes, missing = _read_causes(deploy, context, ecs_service)
    return Evidence(tuple(each.text for each in causes), missing=missing)


def _read_causes(
    deploy: Deploy, context: StepContext, ecs_service: ServiceState
) -> tuple[tuple[CountedCause, ...], tuple[str, ...]]:
    """The causes, and sentences about what could not be read."""
    service = deploy.service
    since = deploy.rollback.progress.started_at if deploy.rollback.progress else deploy.phase_since
    listed = attempt(lambda: tasks.list_service_tasks(context.region, service.cluster, service.ecs_service))
    if isinstance(listed, SlipwayError):
        return (), missing_evidence.unreported_sentence(deploy, missing_evidence.missing_tasks(listed))
    stopped = [task for task in listed if is_recorded_revision(deploy, task.revision) and task.stop_code]
    deployment_id = ecs_service.primary.id if ecs_service.primary else ""
    events = [
        event for event in ecs_service.events if not is_about_another_deployment(event.message, deployment_id)
    ]
    return find_causes(with_essential_containers(context, stopped), events, since), ()
