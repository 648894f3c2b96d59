"""Phase REGISTERING: registers the new revision, once however often this step runs."""

from __future__ import annotations

from dataclasses import replace

from deploys.decisions import is_approved
from deploys.errors import AwsCredentials, AwsDenied
from deploys.plan_drift import PlanDrift, compare_plans
from deploys.pre_task import configured_pre_task
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.plan import Plan
from deploys.records.request import Verb
from deploys.records.thread_messages import ThreadMessageKind
from workers.ecs import task_definitions
from workers.ecs.images import pinned_tags
from workers.ecs.state import RevisionState
from workers.flows.ending import end_cancelled
from workers.flows.plan.approval_voiding import voided_notes
from workers.flows.plan.awaiting_approval import drop_unauthorized_decisions
from workers.flows.plan.planning import ask_for_approval, describe_plan, make_plan
from workers.flows.plan.target_version import needs_copy
from workers.flows.strategies.registry import strategy_of
from workers.messages import approval, base_revision, scaling
from workers.messages.plan_changes import plan_changes
from workers.step_context import KNOWN_SERVICE_SECONDS, StepContext, StepResult


def register_revision(deploy: Deploy, context: StepContext) -> StepResult:
    """Registers the revision of the plan that was shown, if that plan still holds."""
    if deploy.cancel:
        return end_cancelled(deploy, context)
    context.access.may_run(deploy)
    deploy, dropped = drop_unauthorized_decisions(deploy, context)
    result = _register_if_approved(deploy, context)
    return replace(result, audit=(*dropped, *result.audit))


def _register_if_approved(deploy: Deploy, context: StepContext) -> StepResult:
    shown = deploy.plan
    current = shown if shown is not None and _is_just_made(deploy, context) else make_plan(deploy, context)
    if shown is not None and not is_approved(deploy):
        # Somebody who approved may not decide any more, or this record was written without an approval.
        asked = ask_for_approval(deploy.evolve(plan=current, tag=current.tag), context.now())
        return StepResult(asked, audit=voided_notes(deploy, approval.approvals_missing(deploy)))
    if shown is None or not (drift := compare_plans(shown, current)).keeps_approval:
        return _replan(deploy, current, context.now())
    if drift is PlanDrift.AUTOSCALED:
        # The bounds stay the ones that people saw.
        scaled = shown.evolve(desired_count=current.desired_count)
        text = scaling.count_moved_by_scaling(deploy, shown, current)
        deploy = deploy.with_message(context.now(), ThreadMessageKind.PROGRESS, text, plan=scaled)
    if text := base_revision.newer_revision_registered(shown, current):
        plan = (deploy.plan or shown).evolve(config=current.config)
        deploy = deploy.with_message(context.now(), ThreadMessageKind.PROGRESS, text, plan=plan)
    registered = deploy.evolve(ecs={"new_revision": _revision_to_run(deploy, shown, context)})
    now = context.now()
    return StepResult(registered.in_phase(_next_phase(deploy), now))


def _is_just_made(deploy: Deploy, context: StepContext) -> bool:
    """Whether the plan is what the step before this one read. One that people were asked about is older."""
    is_first_try = not deploy.service.approvals and not deploy.retries.attempts
    return is_first_try and 0 <= context.now() - deploy.phase_since <= KNOWN_SERVICE_SECONDS


def _next_phase(deploy: Deploy) -> Phase:
    if deploy.verb is Verb.SCALE:
        return Phase.SCALING
    if deploy.verb is Verb.RUN:
        return Phase.RUNNING_COMMAND
    return Phase.RUNNING_PRE_TASK if configured_pre_task(deploy) else strategy_of(deploy).first_phase


def _revision_to_run(deploy: Deploy, plan: Plan, context: StepContext) -> str:
    """ARN of the revision to run: an ACTIVE earlier one as it is, or a copy registered for this deploy."""
    source = context.revisions.describe(plan.source_revision or plan.old_revision)
    if not needs_copy(deploy, source):
        return source.arn
    registered = _find_registered(deploy, source, context, replaces=plan.old_revision)
    if registered is not None:
        return registered
    images = {change.container: change.new_image for change in plan.changes}
    request = task_definitions.copy_request(
        source, images, deploy.id, _pinned_tag(deploy, plan), replaces=plan.old_revision
    )
    context.guard()
    return task_definitions.register(context.region, request)


def _find_registered(
    deploy: Deploy, source: RevisionState, context: StepContext, *, replaces: str
) -> str | None:
    """What an earlier try registered. If AWS does not allow to look for it, such a revision stays unused."""
    try:
        return task_definitions.find_registered_for(
            context.region,
            source.family,
            newest=context.revisions.list_newest(source.family, newer_than=source.number),
            newer_than=source.number,
            deploy_id=deploy.id,
            replaces=replaces,
        )
    except AwsCredentials:
        raise
    except AwsDenied:
        return None


def _pinned_tag(deploy: Deploy, plan: Plan) -> str:
    """The tag that a pinned revision is marked with. A restart or rollback keeps the mark of its revision."""
    if deploy.verb is not Verb.DEPLOY or not plan.pinned or plan.digest is None:
        return ""
    return pinned_tags.pinned_tag_value(plan.tag, plan.digest)


def _replan(deploy: Deploy, fresh: Plan, now: float) -> StepResult:
    """Shows the new plan. Where approvals are needed, earlier ones are void and people are asked again."""
    changes = plan_changes(deploy.plan, fresh) if deploy.plan else ""
    shown = deploy.evolve(plan=fresh, tag=fresh.tag)
    text = approval.plan_changed(describe_plan(shown, fresh), changes)
    replanned = shown.with_message(now, ThreadMessageKind.PLAN, text)
    if not deploy.service.approvals:
        return StepResult(replanned)
    return StepResult(ask_for_approval(replanned, now), audit=voided_notes(deploy, changes))
