"""`/deploy follow SERVICE`: a rollout that is not ours, followed by its id to its end.

Nothing is changed here: no update, no rollback. The record only takes its place in the service's queue, so
that a deploy requested meanwhile waits until the rollout is over instead of being refused.

The deadline counts from the time when Slipway began to follow. After it, the outcome is EXPIRED: nothing is
known to have failed, and nobody cancelled anything. A rollout that succeeded counts when a later rollback
looks for what ran before.
"""

from __future__ import annotations

from deploys.errors import NothingToFollow, Refused
from deploys.mrkdwn import plural
from deploys.records.confirmations import Observation
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.rollback import RollbackCauseKind
from deploys.records.thread_messages import ThreadMessageKind
from workers.ecs import task_definitions
from workers.ecs.images.image_changes import read_main_image
from workers.ecs.images.pinned_tags import display_tag
from workers.ecs.state import DeploymentState, RevisionState, ServiceDeploymentState, ServiceState
from workers.flows.best_effort import best_effort
from workers.flows.ending import cancelled_by, confirm_end, confirm_twice, end_deploy, with_typed_reason
from workers.flows.external import external_traffic
from workers.flows.finish.changed_since import end_if_changed_since
from workers.flows.finish.scaled_to_zero import end_scaled_to_zero
from workers.flows.observe.deadline import allowed_seconds
from workers.flows.observe.ecs_rollback import ecs_rollback_revision, note_ecs_rollback
from workers.flows.observe.ecs_rollback_reasons import ecs_rollback_reason, external_failure_reason
from workers.flows.observe.failure_evidence import gather_evidence
from workers.flows.observe.image_comparison import confirm_running_images
from workers.flows.observe.rollout_counts import (
    count_rollout_tasks,
    followed_rollout,
    read_service_deployment,
)
from workers.flows.observe.rollout_status import RolloutStatus, find_deployment_in_progress, judge_rollout
from workers.flows.plan.service_checks import require_active
from workers.flows.plan.target_version import plan_from_revisions
from workers.flows.rollout.failure_reports import report_ecs_rollback, report_failures
from workers.messages import external_rollout, outcomes
from workers.messages.outcomes import version_text
from workers.step_context import StepContext, StepResult


def begin_following(deploy: Deploy, context: StepContext) -> StepResult:
    """Finds the rollout in progress and records which one it is.

    Raises:
        NothingToFollow: none is in progress, as two reads agree.
        Refused: the service does not exist, or ECS does not roll it out.
    """
    if deploy.cancel:
        return _end_by_cancel(deploy, context)
    context.access.may_run(deploy)
    ecs_service = require_active(deploy.service, context.read_service())
    primary = find_deployment_in_progress(ecs_service)
    if primary is None:
        if again := confirm_twice(deploy, context, Observation.NOTHING_TO_FOLLOW):
            return again
        raise _nothing_in_progress(deploy, context, ecs_service)
    now = context.now()
    followed = _with_versions(
        deploy.evolve(
            ecs={
                "deployment_id": primary.id,
                "new_revision": primary.revision,
                "rollout_started_at": primary.created_at or now,
            }
        ),
        context,
        ecs_service,
        primary,
    )
    our_deploy_id = next(
        (
            each.id
            for each in context.earlier_deploys()
            if each.verb.sets_version and each.ecs.deployment_id == primary.id
        ),
        "",
    )
    text = external_rollout.following_started(
        followed,
        primary.id,
        started_at=primary.created_at,
        ecs_reason=primary.rollout_reason,
        own_deploy_id=our_deploy_id,
        traffic=ecs_service.traffic,
    )
    return StepResult(
        followed.with_message(now, ThreadMessageKind.PROGRESS, text).in_phase(Phase.FOLLOWING_EXTERNAL, now)
    )


def follow_external_rollout(deploy: Deploy, context: StepContext) -> StepResult:
    """Reads the rollout once. Its end counts once two reads agree (`confirm_end`)."""
    ecs_service, service_deployment = context.read_service(), read_service_deployment(context)
    deploy = note_ecs_rollback(deploy, ecs_service, service_deployment)
    status = judge_rollout(followed_rollout(deploy), ecs_service, service_deployment)
    deploy = deploy.evolve(
        rollout={"counts": count_rollout_tasks(deploy, ecs_service, service_deployment)},
        ecs={"service_deployment_arn": service_deployment.arn if service_deployment else None},
    )
    deploy = external_traffic.observe_external_traffic(deploy, ecs_service, service_deployment, context.now())
    if status.final:
        if again := confirm_end(deploy, context, status, ecs_service, service_deployment):
            return again
        return _finish_following(deploy, context, status, ecs_service, service_deployment)
    deploy = deploy.evolve(pending_confirmation=None)
    if over := _end_if_due(deploy, context):
        return over
    if status is RolloutStatus.ROLLING_BACK:
        deploy = report_ecs_rollback(deploy, context, ecs_service, service_deployment)
    else:
        deploy = report_failures(deploy, context, ecs_service)
    return StepResult(deploy, delay=context.timing.watch_seconds)


def end_if_due(deploy: Deploy, context: StepContext) -> StepResult | None:
    """What follows if a read failed: the end, or None for another read. There is nothing to roll back."""
    return _end_if_due(deploy, context)


def _end_if_due(deploy: Deploy, context: StepContext) -> StepResult | None:
    """The end of following a rollout that itself goes on."""
    if deploy.cancel:
        return _end_by_cancel(deploy, context)
    if context.now() - deploy.phase_since > allowed_seconds(deploy, context.now()):
        return end_deploy(deploy, context, Outcome.EXPIRED, external_rollout.follow_overdue(deploy))
    return None


def _end_by_cancel(deploy: Deploy, context: StepContext) -> StepResult:
    user, reason = cancelled_by(deploy)
    text = external_rollout.stopped_following(deploy, user, reason)
    return end_deploy(with_typed_reason(deploy, reason), context, Outcome.CANCELLED, text)


def _finish_following(
    deploy: Deploy,
    context: StepContext,
    status: RolloutStatus,
    ecs_service: ServiceState | None,
    service_deployment: ServiceDeploymentState | None,
) -> StepResult:
    seconds = context.now() - (deploy.ecs.rollout_started_at or context.now())
    match status:
        case RolloutStatus.SUCCEEDED:
            ended = end_if_changed_since(
                deploy, context, ecs_service, outcomes.external_succeeded_then_changed, seconds
            )
            return ended or _rollout_succeeded(deploy, context, seconds)
        case RolloutStatus.ROLLED_BACK:
            if deploy.rollback.cause is None:  # ECS rolled back between two reads
                reason = ecs_rollback_reason(deploy, service_deployment, ecs_service)
                deploy = deploy.with_rollback_cause(RollbackCauseKind.ECS, reason)
            text = external_rollout.rolled_back(
                deploy, ecs_rollback_revision(deploy), gather_evidence(deploy, context, ecs_service)
            )
            return end_deploy(deploy, context, Outcome.ROLLED_BACK, text)
        case RolloutStatus.SUPERSEDED:
            newer = ecs_service.primary if ecs_service else None
            return end_deploy(
                deploy,
                context,
                Outcome.SUPERSEDED,
                external_rollout.superseded(deploy, *((newer.id, newer.revision) if newer else ("", ""))),
            )
        case RolloutStatus.SCALED_TO_ZERO:
            return end_scaled_to_zero(deploy, context)
        case RolloutStatus.SERVICE_DELETED:
            return end_deploy(
                deploy,
                context,
                Outcome.FAILED,
                external_rollout.service_deleted(ecs_service.status if ecs_service else ""),
            )
    reason = external_failure_reason(
        service_deployment, ecs_service.find_deployment(deploy.ecs.deployment_id) if ecs_service else None
    )
    state = (
        external_rollout.current_state(
            ecs_service.desired, ecs_service.revision, ecs_service.running_by_revision
        )
        if ecs_service
        else ""
    )
    text = external_rollout.failed_without_rollback(
        deploy, reason, state, gather_evidence(deploy, context, ecs_service)
    )
    return end_deploy(deploy, context, Outcome.FAILED, text)


def _rollout_succeeded(deploy: Deploy, context: StepContext, took: float) -> StepResult:
    """The end, with the images that its tasks run. Nobody approved other ones, so nothing is rolled back."""
    checked = confirm_running_images(deploy, context)
    if isinstance(checked, StepResult):
        return checked
    return end_deploy(checked, context, Outcome.SUCCEEDED, external_rollout.succeeded(checked, took))


def _nothing_in_progress(deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> NothingToFollow:
    """What runs instead, and since when."""
    running = _read_revision(context, ecs_service.revision)
    tag = _shown_tag(deploy, ecs_service, running) if running else ""
    primary = ecs_service.primary
    since = (
        external_rollout.last_deployment(primary.id, primary.created_at, primary.rollout_state)
        if primary
        else ""
    )
    return NothingToFollow(
        service=deploy.service.name,
        what=version_text(tag, ecs_service.revision),
        since=since,
        counts=f"{ecs_service.running} of {plural(ecs_service.desired, 'task')} running",
    )


def _with_versions(
    deploy: Deploy, context: StepContext, ecs_service: ServiceState, primary: DeploymentState
) -> Deploy:
    """The deploy with what the rollout changes, as far as the task definitions tell: people read tags."""
    new = _read_revision(context, primary.revision)
    tag = _shown_tag(deploy, ecs_service, new) if new else ""
    before = next((each for each in ecs_service.deployments if each.id != primary.id), None)
    old = _read_revision(context, before.revision) if before else None
    if new is None or old is None or not tag:
        return deploy.evolve(tag=tag)
    plan = plan_from_revisions(deploy, ecs_service, old, new).evolve(
        tag=tag, old_tag=_shown_tag(deploy, ecs_service, old)
    )
    return deploy.evolve(tag=tag, plan=plan)


def _read_revision(context: StepContext, arn: str) -> RevisionState | None:
    """None if it cannot be read. The rollout can be followed all the same."""
    attempts = context.claim.deploy.retries.attempts
    return best_effort(lambda: task_definitions.describe(context.region, arn), None, attempts=attempts)


def _shown_tag(deploy: Deploy, ecs_service: ServiceState, revision: RevisionState) -> str:
    """The tag of its main image; empty if it is unclear which that is, or if it cannot be read."""
    try:
        main = read_main_image(revision, deploy.service, ecs_service.endpoints)
        return display_tag(str(main), revision)
    except Refused:
        return ""
