"""Phases WAITING and PLANNING: what runs now, what would change, and every reason to refuse the deploy."""

from __future__ import annotations

from typing import cast

from deploys.catalogue.service import Service
from deploys.errors import (
    ExternalRolloutInProgress,
    LeftStopped,
    ScaledToZero,
)
from deploys.healthy_percent import limits_blocked_at_minimum
from deploys.records.confirmations import Observation
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.plan import Plan
from deploys.records.request import Verb
from deploys.records.thread_messages import QuestionKind, QuestionRef, ThreadMessageKind
from deploys.short_names import short_arn
from workers.ecs import task_definitions
from workers.ecs.images import image_reference
from workers.ecs.images.pinned_tags import display_tag
from workers.ecs.logs import find_log_group
from workers.ecs.state import RevisionState, ServiceState
from workers.flows.ending import confirm_twice, end_cancelled
from workers.flows.observe.rollout_status import find_deployment_in_progress, wants_no_tasks
from workers.flows.plan.base_revision import find_base, read_running_revision
from workers.flows.plan.image_checks import check_images, refuse_same_image
from workers.flows.plan.pre_post_checks import check_pre_and_post
from workers.flows.plan.running_version import plan_command, plan_count_change
from workers.flows.plan.service_checks import is_express_mode, require_active
from workers.flows.plan.target_version import find_target_version, needs_copy
from workers.flows.stopped_service import restore_tags, scaling_suspension
from workers.flows.strategies.registry import STRATEGIES
from workers.messages import approval, scaling
from workers.messages.plan import plan_text
from workers.messages.tasks import DEFAULT_STOP_TIMEOUT
from workers.step_context import StepContext, StepResult

QUEUE_RECHECK_SECONDS = 3600.0
"""The end of the deploy before it enqueues one that waits. This is only a safety net."""
START_ESTIMATE_SECONDS = 30
"""How long a task usually takes to start (seconds)."""


def wait_in_queue(deploy: Deploy, context: StepContext) -> StepResult:
    """Starts once it is the first in the queue of its service."""
    if deploy.cancel:
        return end_cancelled(deploy, context)
    if not context.is_first_in_queue():
        return StepResult(deploy, delay=QUEUE_RECHECK_SECONDS)
    now = context.now()
    return StepResult(deploy.in_phase(Phase.PLANNING, now, began_at=now))


def plan_deploy(deploy: Deploy, context: StepContext) -> StepResult:
    """Reads what runs now and posts what would change."""
    if deploy.cancel:
        return end_cancelled(deploy, context)
    context.access.may_run(deploy)
    try:
        plan = make_plan(deploy, context)
    except ExternalRolloutInProgress as error:
        if again := confirm_twice(deploy, context, Observation.EXTERNAL_ROLLOUT, error.facts["deployment"]):
            return again
        raise
    now = context.now()
    planned = deploy.with_message(
        now, ThreadMessageKind.PLAN, describe_plan(deploy, plan), plan=plan, tag=plan.tag
    )
    if deploy.count_change is not None and deploy.count_change.wanted == plan.desired_count:
        # Nothing is left to be set, so there is nothing to approve.
        return StepResult(planned.in_phase(Phase.SCALING, now))
    return StepResult(
        ask_for_approval(planned, now)
        if deploy.service.approvals
        else planned.in_phase(Phase.REGISTERING, now)
    )


def describe_plan(deploy: Deploy, plan: Plan) -> str:
    """The plan as the thread shows it. Pure."""
    return plan_text(deploy, plan, in_ecr=is_in_ecr(plan), blocked=blocked_line(plan))


def blocked_line(plan: Plan) -> str:
    """What would keep ECS from replacing tasks at the lowest scaled count; empty if nothing would. Pure."""
    limits = limits_blocked_at_minimum(plan)
    if limits is None:
        return ""
    return scaling.blocked_line(
        limits.desired, limits.minimum_percent, limits.maximum_percent, limits.maximum_that_works
    )


def is_in_ecr(plan: Plan) -> bool:
    """Whether the new image is in a private ECR registry. Pure."""
    image = image_reference.parse_image(plan.changes[0].new_image)
    return image_reference.find_ecr_repository(image) is not None


def ask_for_approval(deploy: Deploy, now: float) -> Deploy:
    """Opens a new approval question: earlier answers no longer count. Its time begins when it is shown."""
    number = deploy.approval.question + 1
    return deploy.with_message(
        now,
        ThreadMessageKind.QUESTION,
        approval.question(deploy),
        broadcast=True,
        question=QuestionRef(kind=QuestionKind.APPROVAL, number=number),
    ).in_phase(
        Phase.AWAITING_APPROVAL,
        now,
        approval={
            "decisions": (),
            "question": number,
            "shown_at": None,
            "expires_at": None,
        },
    )


def make_plan(deploy: Deploy, context: StepContext) -> Plan:
    """What this deploy would change, as of now.

    Raises:
        Refused: one of the checks refused the deploy. Nothing was changed.
    """
    service = deploy.service
    ecs_service = context.read_service()
    _check_not_left_stopped(deploy, context, ecs_service)
    if deploy.verb is Verb.SCALE:
        return plan_count_change(deploy, context, ecs_service)
    if deploy.verb is Verb.RUN:
        return plan_command(deploy, context, ecs_service)
    _check_not_scaled_to_zero(deploy, context, ecs_service)
    check_service(service, ecs_service)
    assert ecs_service is not None
    running = read_running_revision(deploy, context, ecs_service.revision)
    base = find_base(deploy, context, running, ecs_service.endpoints)
    target = find_target_version(deploy, context, running, base.revision, ecs_service.endpoints)
    if needs_copy(deploy, target.source):
        task_definitions.check_copyable(target.source)
    changes, image = check_images(deploy, context, target)
    old_tag = display_tag(changes[0].old_image, running)
    if deploy.verb is Verb.DEPLOY and target.source.arn == running.arn:
        refuse_same_image(deploy, context, changes, old_tag, image)
    check_pre_and_post(deploy, context, target.source)
    log_group, log_region = find_log_group(target.source, changes[0].container)
    downtime = service.strategy.stops_service
    stop_timeout = _stop_timeout(running)
    return Plan(
        old_revision=ecs_service.revision,
        source_revision=target.source.arn,
        tag=target.tag,
        old_tag=old_tag,
        changes=changes,
        digest=image.digest if image else None,
        pushed_at=image.pushed_at if image else None,
        image_bytes=image.size_bytes if image else None,
        log_group=log_group,
        log_region=log_region,
        pinned=image_reference.parse_image(changes[0].new_image).digest is not None,
        desired_count=ecs_service.desired,
        minimum_healthy_percent=ecs_service.minimum_healthy_percent,
        maximum_percent=ecs_service.maximum_percent,
        grace_seconds=ecs_service.health_check_grace_seconds,
        express=is_express_mode(service, ecs_service),
        downtime=downtime,
        downtime_seconds=stop_timeout + START_ESTIMATE_SECONDS if downtime else None,
        stop_timeout=stop_timeout if downtime else None,
        scaling=scaling_suspension.read_scaling_plan(deploy, context)
        if ecs_service.scheduling != "DAEMON"
        else None,
        traffic=ecs_service.traffic,
        config=base.config,
    )


def check_service(service: Service, ecs_service: ServiceState | None) -> None:
    """Refuses a service that cannot be deployed, or not now. Pure.

    Raises:
        Refused: with the reason.
    """
    ecs_service = require_active(service, ecs_service)
    is_express_mode(service, ecs_service)
    strategy = STRATEGIES[service.strategy]
    strategy.check_service(service, ecs_service)
    if wants_no_tasks(ecs_service):
        raise ScaledToZero(service=service.name, who="")
    strategy.check_count(service, ecs_service)
    if (rollout := find_deployment_in_progress(ecs_service)) is not None:
        raise ExternalRolloutInProgress(
            service=service.name, deployment=rollout.id, revision=short_arn(rollout.revision)
        )


def _check_not_scaled_to_zero(deploy: Deploy, context: StepContext, ecs_service: ServiceState | None) -> None:
    """A person may have set the count to 0 by `/deploy scale`: then the refusal says who."""
    if ecs_service is None or ecs_service.status != "ACTIVE" or not wants_no_tasks(ecs_service):
        return
    scaled = next(
        (
            each
            for each in context.earlier_deploys()
            if each.count_change and each.outcome is Outcome.SUCCEEDED
        ),
        None,
    )
    if scaled is None or scaled.count_change is None or scaled.count_change.wanted:
        return
    who = scaling.scaled_to_zero_by(scaled.request.requester, scaled.ended_at or 0.0)
    raise ScaledToZero(service=deploy.service.name, who=who)


def _check_not_left_stopped(deploy: Deploy, context: StepContext, ecs_service: ServiceState | None) -> None:
    """A deploy whose record is lost, or too old, may have stopped the service. Then orphan recovery is about
    to bring it back.
    """
    tags = (
        restore_tags.read_signed_tags(ecs_service, context.signer)
        if ecs_service is not None and ecs_service.desired == 0
        else None
    )
    if tags is None:
        return
    stopped_by = {each.id for each in context.earlier_deploys() if each.stop.requested_at is not None}
    if tags.deploy_id not in {deploy.id, *stopped_by}:
        raise LeftStopped(service=deploy.service.name, deploy=tags.deploy_id, count=tags.desired_count)


def _stop_timeout(revision: RevisionState) -> int:
    containers = cast("list[dict[str, object]]", revision.raw.get("containerDefinitions", []))
    timeouts = [cast("int", container.get("stopTimeout") or DEFAULT_STOP_TIMEOUT) for container in containers]
    return max(timeouts, default=DEFAULT_STOP_TIMEOUT)
