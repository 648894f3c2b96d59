"""A record that is older than what its deploy did: the step adopts what it finds in ECS.

Redis can lose its last second, or more in a failover. What the deploy did by then shows in ECS: the tags on a
service that is being stopped, the tags of a revision, the startedBy of a one-off task. Each carries the
deploy's id and is made only after the approval, so whatever is found was approved.

Every phase that could take the service for unchanged looks for it. Later phases read ECS anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from deploys.errors import AwsError, AwsUnavailable, Refused
from deploys.pre_task import one_off_task, task_phase
from deploys.records.approval import Cancel, Verdict
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase, Stage
from deploys.records.pre_task_and_post_check import PreTaskRun
from deploys.records.request import Verb
from deploys.records.restore_point import RestorePoint, SavedScaling
from deploys.records.rollback import RollbackCauseKind
from deploys.records.thread_messages import ThreadMessageKind
from deploys.short_names import short_arn
from workers.ecs import one_off_tasks, task_definitions
from workers.ecs.state import DeploymentState, ServiceState
from workers.flows.own_revisions import rollback_revision
from workers.flows.plan.target_version import plan_from_revisions
from workers.flows.stopped_service import restore_tags, scaling_suspension
from workers.flows.stopped_service.restore_tags import RestoreTags
from workers.messages import lost_record, rollback_reasons
from workers.step_context import StepContext, StepResult

Step = Callable[[Deploy, StepContext], StepResult]


MAX_CLOCK_SKEW_SECONDS = 300.0
"""A deployment that ECS made longer than this before the request is not ours, however wrong a clock is."""


class StopStage(Enum):
    """How far a stop-start deploy came, by the tags that carry its id."""

    NOT_STOPPED = "not stopped"  # tagged, but the old version was not stopped, or not by us
    OLD_STOPPED = "old stopped"  # the old version is stopped
    NEW_RUNNING = "new running"
    NEW_STOPPED = "new stopped"  # the new version was stopped again
    SUPERSEDED = "superseded"  # somebody else set another revision


PHASE_BY_STOP_STAGE: Mapping[StopStage, Phase] = {
    StopStage.NOT_STOPPED: Phase.SAVING_RESTORE_POINT,
    StopStage.OLD_STOPPED: Phase.DRAINING,
    StopStage.NEW_RUNNING: Phase.STARTING,
    StopStage.NEW_STOPPED: Phase.RESTORING,
    StopStage.SUPERSEDED: Phase.DRAINING,
}
"""The phase whose step goes on from there."""


def with_adoption(step: Step) -> Step:
    """The step, unless ECS shows more than the deploy's record says. Then the record catches up first."""

    def run_step(deploy: Deploy, context: StepContext) -> StepResult:
        adopted = _try_adopt(deploy, context)
        return StepResult(adopted) if adopted is not None else step(deploy, context)

    return run_step


def _try_adopt(deploy: Deploy, context: StepContext) -> Deploy | None:
    if deploy.verb in (Verb.FOLLOW, Verb.SCALE) or deploy.stop.requested_at is not None:
        return None
    if deploy.phase is Phase.WAITING and not deploy.cancel and not context.is_first_in_queue():
        return None
    try:
        return adopt_from_ecs(deploy, context)
    except AwsUnavailable:
        raise
    except AwsError:
        if deploy.phase is Phase.AWAITING_APPROVAL:
            return None  # people may decide nevertheless; the next step reports what AWS denies
        raise


def adopt_from_ecs(deploy: Deploy, context: StepContext) -> Deploy | None:
    """The deploy as far as it came by what ECS shows; None if its record knows all of it.

    Raises the errors of `aws_call`.
    """
    ecs_service = context.prefetch_service()
    if ecs_service is None or ecs_service.status != "ACTIVE":
        return None
    deploy = _with_rejection_as_cancel(deploy)
    tags = restore_tags.read_signed_tags(ecs_service, context.signer)
    if tags is not None and tags.deploy_id == deploy.id:
        return _adopt_by_tags(deploy, context, ecs_service, tags)
    adopted = _adopt_by_revision(deploy, context, ecs_service) if deploy.verb.sets_version else None
    return adopted or (
        _adopt_by_pre_task(deploy, context, ecs_service)
        if deploy.phase.facts.stage is Stage.BEFORE_REVISION
        else None
    )


def _with_rejection_as_cancel(deploy: Deploy) -> Deploy:
    """Somebody rejected, when asked again, what had been approved and started: it is rolled back."""
    rejection = next((each for each in deploy.approval.decisions if each.verdict is Verdict.REJECTED), None)
    if rejection is None or deploy.cancel:
        return deploy
    asked = rejection.model_dump(include={"user", "team", "channel", "at", "reason"})
    return deploy.evolve(cancel=Cancel(**asked))


def find_stop_stage(tags: RestoreTags, ecs_service: ServiceState) -> StopStage:
    """How far the deploy of these tags came. Pure."""
    if tags.new_revision and ecs_service.revision == sibling_arn(ecs_service, tags.new_revision):
        return StopStage.NEW_RUNNING if ecs_service.desired else StopStage.NEW_STOPPED
    if tags.old_revision and ecs_service.revision != sibling_arn(ecs_service, tags.old_revision):
        return StopStage.SUPERSEDED
    return (
        StopStage.OLD_STOPPED
        if tags.stopped_at is not None and ecs_service.desired == 0
        else StopStage.NOT_STOPPED
    )


def fields_from_tags(ecs_service: ServiceState, tags: RestoreTags) -> dict[str, Any]:
    """The fields of a record that the tags on its service tell. Pure."""
    old, new, suspended = tags.old_revision, tags.new_revision, tags.suspended
    return {
        "stop": {
            "restore_point": RestorePoint(
                revision=sibling_arn(ecs_service, old) if old else ecs_service.revision,
                desired_count=tags.desired_count,
                task_arns=(),
            ),
            "scaling": SavedScaling(suspended_before=suspended, suspend_tried=True)
            if suspended is not None
            else None,
        },
        "ecs": {"new_revision": sibling_arn(ecs_service, new) if new else None},
    }


def sibling_arn(ecs_service: ServiceState, revision: str) -> str:
    """The ARN of `family:number`, in the account and region of the revision that the service has."""
    return f"{ecs_service.revision.rpartition('/')[0]}/{revision}"


def _adopt_by_tags(
    deploy: Deploy, context: StepContext, ecs_service: ServiceState, tags: RestoreTags
) -> Deploy | None:
    stage = find_stop_stage(tags, ecs_service)
    if stage is StopStage.NOT_STOPPED and (deploy.stop.owns_count or deploy.phase is Phase.STOPPING):
        return None
    fields = {
        part: {name: value for name, value in values.items() if value is not None}
        for part, values in fields_from_tags(ecs_service, tags).items()
    }
    if stage is StopStage.NOT_STOPPED or (
        deploy.stop.scaling is not None and deploy.stop.scaling.suspend_tried
    ):
        fields["stop"]["scaling"] = scaling_suspension.record_scaling(deploy, context, ecs_service)
    adopted = _with_plan_carried_out(
        deploy.evolve(**fields), context, ecs_service, fields["stop"]["restore_point"].revision
    )
    if stage is StopStage.NOT_STOPPED:
        return adopted.in_phase(Phase.SAVING_RESTORE_POINT, context.now())
    adopted = adopted.evolve(
        stop={"requested_at": tags.stopped_at or context.now()}, ecs={"update_uncertain": True}
    )
    if stage is StopStage.NEW_STOPPED:
        cause, sentence = RollbackCauseKind.RECORD_LOST, lost_record.record_lost_reason()
        if deploy.cancel:
            cause, sentence = (
                RollbackCauseKind.CANCELLED,
                rollback_reasons.cancelled_by(deploy.cancel.user, deploy.cancel.reason),
            )
        adopted = adopted.evolve(ecs={"update_tried": True}, rollback={"outcome": cause.outcome})
        adopted = adopted.with_rollback_cause(cause, sentence)
    return _resume_at(adopted, PHASE_BY_STOP_STAGE[stage], context)


def _adopt_by_revision(deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> Deploy | None:
    """The service runs a revision that carries our id, or ECS rolls back from it: the rollout is ours."""
    primary = ecs_service.primary
    for deployment in _newest_first(ecs_service):
        if deploy.plan is not None and deployment.revision == deploy.plan.old_revision:
            continue
        if (
            deployment.created_at
            and deployment.created_at < deploy.request.requested_at - MAX_CLOCK_SKEW_SECONDS
        ):
            continue
        replaced = _replaced_revision(deploy, context, deployment)
        if replaced is None or (deploy.phase is Phase.UPDATING and deployment is primary):
            continue
        old_revision = (
            sibling_arn(ecs_service, replaced) if replaced else _other_revision(ecs_service, deployment)
        )
        adopted = deploy.evolve(
            ecs={"new_revision": deployment.revision, "update_tried": True, "update_uncertain": True}
        )
        adopted = _with_plan_carried_out(adopted, context, ecs_service, old_revision)
        if primary is not None and primary.id == deployment.id:
            return _resume_at(adopted, Phase.UPDATING, context)
        started = adopted.evolve(
            ecs={"deployment_id": deployment.id, "rollout_started_at": deployment.created_at or context.now()}
        )
        return _resume_at(started, Phase.FOLLOWING, context)
    return None


def _replaced_revision(deploy: Deploy, context: StepContext, deployment: DeploymentState) -> str | None:
    """`family:number` of what our rollout replaces; None if the deployment is not ours."""
    if deploy.phase.facts.stage is Stage.BEFORE_REVISION:
        return task_definitions.read_replaced_revision(context.region, deployment.revision, deploy.id)
    is_ours = deploy.has_new_revision and deployment.revision == deploy.ecs.new_revision
    return short_arn(rollback_revision(deploy)) if is_ours else None


def _newest_first(ecs_service: ServiceState) -> list[DeploymentState]:
    return sorted(ecs_service.deployments, key=lambda each: each.created_at, reverse=True)


def _other_revision(ecs_service: ServiceState, ours: DeploymentState) -> str:
    """What ran before, if no tag says it: the other revision that the service still has."""
    return next((each.revision for each in ecs_service.deployments if each.revision != ours.revision), "")


def _adopt_by_pre_task(deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> Deploy | None:
    """The pre-task was started."""
    task = one_off_task(deploy)
    if task is None or deploy.plan is None:
        return None
    ecs_task = one_off_tasks.find(context.region, deploy.service.cluster, ecs_service.revision, deploy.id)
    if ecs_task is None:
        return None
    container = task.container or deploy.plan.changes[0].container
    run = PreTaskRun(
        container=container, requested_at=ecs_task.created_at or context.now(), task_arn=ecs_task.arn
    )
    adopted = deploy.evolve(ecs={"new_revision": ecs_task.revision}, pre_task=run)
    return _resume_at(adopted, task_phase(deploy), context)


def _with_plan_carried_out(
    deploy: Deploy, context: StepContext, ecs_service: ServiceState, old: str
) -> Deploy:
    """The deploy with the plan that was carried out, if its record has none or another one."""
    if deploy.ecs.new_revision is None or not old:
        return deploy
    if deploy.plan is not None and deploy.plan.old_revision == old:
        return deploy
    try:
        revisions = [task_definitions.describe(context.region, arn) for arn in (old, deploy.ecs.new_revision)]
        plan = plan_from_revisions(deploy, ecs_service, *revisions)
    except Refused:
        return deploy  # the plan is only shown to people, so it may be missing
    if deploy.verb is not Verb.ROLLBACK:
        plan = plan.evolve(source_revision=old)
    return deploy.evolve(plan=plan, tag=deploy.tag or plan.tag)


def _resume_at(deploy: Deploy, phase: Phase, context: StepContext) -> Deploy:
    now = context.now()
    text = lost_record.resumed_from_ecs(phase)
    return deploy.with_message(now, ThreadMessageKind.PROBLEM, text).in_phase(phase, now)
