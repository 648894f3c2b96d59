"""A way back that does not hold: the service is set to the recorded revision, and moved away from it again.

ECS's circuit breaker does so when the old version cannot start either: it goes back to the deployment that
completed last, which is the new version's. To set the old one forever would not help: after the deadline of
the way back the deploy has failed, and the service is left as it is, unless it is at zero.
"""

from __future__ import annotations

from deploys.errors import SlipwayError
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.retries import Notice
from deploys.records.rollback import RollbackProgress
from deploys.records.thread_messages import ThreadMessageKind
from workers.ecs import tasks
from workers.ecs.reasons.cause_summary import summarize_causes
from workers.ecs.reasons.service_event import is_about_another_deployment
from workers.ecs.state import ServiceState
from workers.flows.best_effort import attempt
from workers.flows.ending import end_deploy, is_recorded_revision, rollback_revision
from workers.flows.observe import missing_evidence
from workers.flows.observe.failure_evidence import (
    Evidence,
    cause_keys,
    unreported_causes,
    with_essential_containers,
)
from workers.messages import alerts, outcomes, progress, rollback_reasons
from workers.step_context import StepContext, StepResult

STOP_GRACE_SECONDS = 30.0
"""What ECS gets to begin what it took the request for."""
STALE_SECONDS = 30.0
"""A read, or a call of ours that arrives late, may show the new revision once more for so long."""
ROLLBACK_PREFIX = "back "
"""Sets causes of trouble on the way back apart from those of the new version."""


def with_rollback_begun(deploy: Deploy, now: float) -> Deploy:
    """The deploy with the time at which its way back began."""
    return (
        deploy
        if deploy.rollback.progress is not None
        else deploy.evolve(rollback={"progress": RollbackProgress(started_at=now)})
    )


def with_stop_accepted(deploy: Deploy, now: float) -> Deploy:
    """ECS took the request to stop our rollout."""
    back = deploy.rollback.progress or RollbackProgress(started_at=now)
    return deploy.evolve(rollback={"progress": back.evolve(stop_accepted_at=now)})


def with_stop_ignored(deploy: Deploy, now: float) -> Deploy:
    """ECS took that request and goes on all the same, which is said once."""
    back = deploy.rollback.progress or RollbackProgress(started_at=now)
    if back.stop_ignored:
        return deploy
    text = progress.stop_ignored_by_ecs(rollback_revision(deploy))
    return deploy.with_message(
        now, ThreadMessageKind.PROBLEM, text, rollback={"progress": back.evolve(stop_ignored=True)}
    )


def with_update_sent(deploy: Deploy, now: float) -> Deploy:
    """An update set the recorded revision."""
    back = deploy.rollback.progress or RollbackProgress(started_at=now)
    return (
        deploy
        if back.updated_at is not None
        else deploy.evolve(rollback={"progress": back.evolve(updated_at=now)})
    )


def retry_rollback(
    deploy: Deploy, context: StepContext, ecs_service: ServiceState, limit: float
) -> StepResult:
    """To RESTORING once more, and the thread is told; after `limit` seconds the service is left as it is.

    One that is at zero is never left.
    """
    now = context.now()
    back = deploy.rollback.progress or RollbackProgress(started_at=deploy.phase_since)
    lasted = now - back.started_at
    if lasted > limit and ecs_service.desired != 0:
        reason = rollback_reasons.rollback_did_not_hold(deploy, rollback_revision(deploy), lasted)
        text = outcomes.failed(reason, gather_rollback_evidence(deploy, context, ecs_service))
        given_up = deploy.evolve(rollback={"progress": back.evolve(gave_up=True)})
        return end_deploy(given_up, context, Outcome.FAILED, text)
    again = deploy.evolve(rollback={"progress": back})
    undone = back.updated_at is not None and now - back.updated_at > STALE_SECONDS
    if undone and not deploy.has_notice(Notice.ROLLBACK_UNDONE):
        told = (
            _report_undone(again, context, ecs_service, limit)
            if ecs_service.desired != 0
            else _report_zero(again, now)
        )
        again = told.with_notice(Notice.ROLLBACK_UNDONE)
    return StepResult(again.in_phase(Phase.RESTORING, now), delay=context.timing.watch_seconds)


def _report_undone(deploy: Deploy, context: StepContext, ecs_service: ServiceState, limit: float) -> Deploy:
    """That it does not hold. Where the channel was told already that the old version does not start, which is
    why, the thread alone is told.
    """
    alarmed = is_failure_reported(deploy)
    fresh = unreported_causes(
        deploy, gather_rollback_evidence(deploy, context, ecs_service).causes, ROLLBACK_PREFIX
    )
    words = alerts.rollback_still_does_not_hold if alarmed else alerts.rollback_does_not_hold
    text = words(deploy, rollback_revision(deploy), limit, fresh)
    told = (*deploy.rollout.reported_causes, *cause_keys(fresh, ROLLBACK_PREFIX))
    return deploy.with_message(
        context.now(),
        ThreadMessageKind.PROBLEM,
        text,
        broadcast=not alarmed,
        rollout={"reported_causes": told},
    )


def _report_zero(deploy: Deploy, now: float) -> Deploy:
    """That the count does not hold: nothing else brings the service back."""
    count = deploy.stop.restore_point.desired_count if deploy.stop.restore_point else 0
    text = alerts.count_keeps_going_to_zero(rollback_revision(deploy), count)
    return deploy.with_message(now, ThreadMessageKind.PROBLEM, text, broadcast=True)


def is_failure_reported(deploy: Deploy) -> bool:
    """Whether somebody was asked to look at the old version, which does not come up again. Pure."""
    return deploy.has_notice(Notice.ROLLBACK_UNDONE) or any(
        each.startswith(ROLLBACK_PREFIX) for each in deploy.rollout.reported_causes
    )


def gather_rollback_evidence(deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> Evidence:
    """Why tasks of the recorded revision do not start on the way back."""
    service = deploy.service
    since = deploy.rollback.progress.started_at if deploy.rollback.progress else deploy.phase_since
    listed = attempt(lambda: tasks.list_service_tasks(context.region, service.cluster, service.ecs_service))
    if isinstance(listed, SlipwayError):
        return Evidence(
            missing=missing_evidence.unreported_sentence(deploy, missing_evidence.missing_tasks(listed))
        )
    stopped = [task for task in listed if is_recorded_revision(deploy, task.revision) and task.stop_code]
    present = ecs_service.primary.id if ecs_service.primary else ""
    events = [
        event for event in ecs_service.events if not is_about_another_deployment(event.message, present)
    ]
    return Evidence(summarize_causes(with_essential_containers(context, stopped), events, since))
