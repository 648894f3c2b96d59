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
from workers.flows.ending import end_deploy
from workers.flows.observe import missing_evidence
from workers.flows.observe.failure_evidence import cause_keys, unreported_causes, with_essential_containers
from workers.flows.own_revisions import is_recorded_revision, rollback_revision
from workers.messages import alerts, outcomes, rollback_reasons
from workers.messages.evidence import Evidence
from workers.step_context import StepContext, StepResult

STALE_SECONDS = 30.0
"""A read, or a call of ours that arrives late, may show the new revision once more for so long."""
ROLLBACK_PREFIX = "back "
"""Sets causes of trouble on the way back apart from those of the new version."""


def retry_rollback(
    deploy: Deploy, context: StepContext, ecs_service: ServiceState, limit: float
) -> StepResult:
    """To RESTORING once more, and the thread is told; after `limit` seconds the service is left as it is.

    One that is at zero is never left.
    """
    now = context.now()
    progress_so_far = deploy.rollback.progress or RollbackProgress(started_at=deploy.phase_since)
    elapsed = now - progress_so_far.started_at
    if elapsed > limit and ecs_service.desired != 0:
        reason = rollback_reasons.rollback_did_not_hold(deploy, rollback_revision(deploy), elapsed)
        text = outcomes.failed(reason, gather_rollback_evidence(deploy, context, ecs_service))
        given_up = deploy.evolve(rollback={"progress": progress_so_far.evolve(gave_up=True)})
        return end_deploy(given_up, context, Outcome.FAILED, text)
    again = deploy.evolve(rollback={"progress": progress_so_far})
    undone = progress_so_far.updated_at is not None and now - progress_so_far.updated_at > STALE_SECONDS
    if undone and not deploy.has_notice(Notice.ROLLBACK_UNDONE):
        reported = (
            _report_undone(again, context, ecs_service, limit)
            if ecs_service.desired != 0
            else _report_zero(again, now)
        )
        again = reported.with_notice(Notice.ROLLBACK_UNDONE)
    return StepResult(again.in_phase(Phase.RESTORING, now), delay=context.timing.watch_seconds)


def _report_undone(deploy: Deploy, context: StepContext, ecs_service: ServiceState, limit: float) -> Deploy:
    """That it does not hold. Where the channel was told already that the old version does not start, which is
    why, the thread alone is told.
    """
    reported = is_failure_reported(deploy)
    new_causes = unreported_causes(
        deploy, gather_rollback_evidence(deploy, context, ecs_service).causes, ROLLBACK_PREFIX
    )
    message = alerts.rollback_still_does_not_hold if reported else alerts.rollback_does_not_hold
    text = message(deploy, rollback_revision(deploy), limit, new_causes)
    reported_causes = (*deploy.rollout.reported_causes, *cause_keys(new_causes, ROLLBACK_PREFIX))
    return deploy.with_message(
        context.now(),
        ThreadMessageKind.PROBLEM,
        text,
        broadcast=not reported,
        rollout={"reported_causes": reported_causes},
    )


def _report_zero(deploy: Deploy, now: float) -> Deploy:
    """That the count does not hold: nothing else brings the service back."""
    count = deploy.stop.restore_point.desired_count if deploy.stop.restore_point else 0
    text = alerts.count_keeps_going_to_zero(rollback_revision(deploy), count)
    return deploy.with_message(now, ThreadMessageKind.PROBLEM, text, broadcast=True)


def is_failure_reported(deploy: Deploy) -> bool:
    """Whether somebody was asked to look at the old version, which does not come up again. Pure."""
    undone = deploy.has_notice(Notice.ROLLBACK_UNDONE)
    return undone or any(each.startswith(ROLLBACK_PREFIX) for each in deploy.rollout.reported_causes)


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
    deployment_id = ecs_service.primary.id if ecs_service.primary else ""
    events = [
        event for event in ecs_service.events if not is_about_another_deployment(event.message, deployment_id)
    ]
    return Evidence(summarize_causes(with_essential_containers(context, stopped), events, since))
