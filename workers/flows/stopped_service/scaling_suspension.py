"""Application Auto Scaling while a service is stopped: suspended before, and put back exactly as it was."""

from __future__ import annotations

from enum import Enum

from deploys.errors import AwsCredentials, AwsDenied, AwsError, AwsRefused, ScalingNotSuspended
from deploys.records.confirmations import Observation
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.restore_point import (
    ALL_SUSPENDED,
    SavedScaling,
    ScalingPlan,
    SuspendedState,
)
from deploys.records.thread_messages import Notice, ThreadMessageKind
from workers.ecs import scalable_targets as targets
from workers.ecs import services
from workers.ecs.scalable_targets import ScalableTargetState
from workers.ecs.state import ServiceState
from workers.flows.best_effort import best_effort
from workers.flows.ending import confirm_twice
from workers.flows.stopped_service import restore_tags
from workers.flows.stopped_service.restore_tags import RestoreTags
from workers.messages import scaling as messages
from workers.step_context import StepContext, StepResult


class ScalingTargetState(Enum):
    """The state of a scalable target that we suspended, when it is to be put back."""

    SUSPENDED_BY_SLIPWAY = "suspended"  # everything is suspended, as Slipway left it
    RESTORED = "restored"
    CHANGED_BY_OTHERS = "changed"  # somebody else set something else, which Slipway leaves
    DELETED = "deleted"


def find_target_state(before: SuspendedState, target: ScalableTargetState | None) -> ScalingTargetState:
    """The state of the target, by what was suspended before. Pure."""
    if target is None:
        return ScalingTargetState.DELETED
    if target.suspended == before:
        return ScalingTargetState.RESTORED
    return (
        ScalingTargetState.SUSPENDED_BY_SLIPWAY
        if target.suspended == ALL_SUSPENDED
        else ScalingTargetState.CHANGED_BY_OTHERS
    )


def read_scaling_plan(deploy: Deploy, context: StepContext) -> ScalingPlan | None:
    """What the plan says about scaling; None if nothing scales the service.

    If the workers may not read it, the deploy may go on: a count that is raised meanwhile is noticed, and
    rolls the deploy back before a new task starts. A service that is not stopped does not depend on the
    answer at all.
    """
    try:
        target = _read_target(deploy, context)
    except AwsError as error:
        stops = deploy.service.strategy.stops_service
        if isinstance(error, AwsCredentials) or (stops and not isinstance(error, AwsDenied)):
            raise
        return ScalingPlan(unknown_reason=error.message)
    if target is None:
        return None
    return ScalingPlan(minimum=target.minimum, maximum=target.maximum, suspended_before=target.suspended)


def record_scaling(deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> SavedScaling | None:
    """How the service is scaled before anything is suspended. Recorded once, it stays.

    A deploy whose record was lost may have left everything suspended, and so may this one if its record is
    older than that. Then the tags say what was suspended before.

    Raises the errors of `aws_call`. AwsDenied only if scaling could be read when the plan was made: the plan
    promised to suspend it.
    """
    if deploy.stop.scaling is not None and deploy.stop.scaling.suspend_tried:
        return deploy.stop.scaling
    try:
        target = _read_target(deploy, context)
    except AwsCredentials:
        raise
    except AwsDenied:
        planned = deploy.plan.scaling if deploy.plan else None
        if planned is not None and not planned.unknown_reason:
            raise
        return None
    if target is None:
        return None
    tags = _tags_of_lost_deploy(deploy, context, ecs_service) if target.suspended == ALL_SUSPENDED else None
    if tags is not None and tags.suspended is not None:
        return SavedScaling(
            minimum=target.minimum,
            maximum=target.maximum,
            suspended_before=tags.suspended,
            suspend_tried=True,
        )
    return SavedScaling(minimum=target.minimum, maximum=target.maximum, suspended_before=target.suspended)


def suspend_scaling(deploy: Deploy, context: StepContext) -> Deploy | StepResult:
    """Suspends everything that could change the count, and reads whether that holds. A StepResult ends the
    step.

    Raises:
        ScalingNotSuspended: it did not hold, at two reads.
    """
    scaling = deploy.stop.scaling
    if scaling is None:
        return deploy
    target = _read_target(deploy, context)
    if target is None:
        return deploy.evolve(stop={"scaling": None})
    if not scaling.suspend_tried and target.suspended != scaling.suspended_before:
        # Somebody suspended or resumed something after it was recorded: that has to come back.
        return StepResult(deploy.in_phase(Phase.SAVING_RESTORE_POINT, context.now()))
    if target.suspended == ALL_SUSPENDED:
        return deploy
    if deploy.awaits_confirmation(Observation.SCALING_NOT_SUSPENDED):
        raise ScalingNotSuspended(service=deploy.service.name)
    if not scaling.suspend_tried:
        attempted = scaling.evolve(suspend_tried=True)
        deploy = deploy.with_message(
            context.now(),
            ThreadMessageKind.PROGRESS,
            messages.suspending(attempted),
            stop={"scaling": attempted},
        )
    deploy = context.write_intent(deploy)
    if (ecs_service := context.read_service()) is not None and deploy.stop.scaling is not None:
        tags = restore_tags.build_signed_tags(deploy, ecs_service, context.signer)
        context.guard()
        services.tag(context.region, ecs_service.arn, tags)
    context.guard()
    targets.set_suspension(context.region, deploy.service.cluster, deploy.service.ecs_service, ALL_SUSPENDED)
    result = _read_target(deploy, context)
    if result is not None and result.suspended != ALL_SUSPENDED:
        return confirm_twice(deploy, context, Observation.SCALING_NOT_SUSPENDED) or deploy
    return deploy


def suspend_scaling_again(deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> Deploy:
    """For a rollback that has to stop the service again, if it is scaled after all: suspends everything once
    more. What somebody set meanwhile is put back at the end, and is written to the tags.

    The rollback does not depend on it: if AWS refuses or does not answer, it goes on without.
    """
    target = best_effort(lambda: _read_target(deploy, context), None)
    if target is None or target.suspended == ALL_SUSPENDED:
        return deploy
    saved = SavedScaling(
        minimum=target.minimum, maximum=target.maximum, suspended_before=target.suspended, suspend_tried=True
    )
    again = deploy.evolve(stop={"scaling": saved})
    if not deploy.has_notice(Notice.SCALING_SUSPENDED_AGAIN) or saved != deploy.stop.scaling:
        text = messages.suspending_again(saved)
        again = again.with_message(context.now(), ThreadMessageKind.PROBLEM, text)
        again = again.with_notice(Notice.SCALING_SUSPENDED_AGAIN)
    saved_deploy = context.write_intent(again)
    best_effort(lambda: _tag_and_suspend(saved_deploy, context, ecs_service), None)
    return saved_deploy


def _tag_and_suspend(
    deploy: Deploy,
    context: StepContext,
    ecs_service: ServiceState,
) -> None:
    tags = restore_tags.build_signed_tags(deploy, ecs_service, context.signer)
    context.guard()
    services.tag(context.region, ecs_service.arn, tags)
    context.guard()
    targets.set_suspension(context.region, deploy.service.cluster, deploy.service.ecs_service, ALL_SUSPENDED)


def restore_scaling(deploy: Deploy, context: StepContext, ecs_service: ServiceState | None) -> StepResult:
    """Puts back what was recorded, unless it is so already or somebody else set something else. Repeated
    until a read shows it.

    The count is restored by now, so scaling finds the service as it should be.
    """
    scaling = deploy.stop.scaling
    assert scaling is not None
    target = _read_target(deploy, context)
    match find_target_state(scaling.suspended_before, target):
        case ScalingTargetState.SUSPENDED_BY_SLIPWAY:
            context.guard()
            try:
                targets.set_suspension(
                    context.region,
                    deploy.service.cluster,
                    deploy.service.ecs_service,
                    scaling.suspended_before,
                )
            except AwsRefused:
                if ecs_service is not None and ecs_service.status == "ACTIVE":
                    raise
                return StepResult(_with_scaling_restored(deploy, context, messages.scaled_service_deleted()))
            return StepResult(deploy, delay=context.timing.confirm_seconds)
        case ScalingTargetState.RESTORED:
            return StepResult(
                _with_scaling_restored(deploy, context, messages.scaling_restored(scaling.suspended_before))
            )
        case ScalingTargetState.CHANGED_BY_OTHERS:
            assert target is not None
            return StepResult(
                _with_scaling_restored(
                    deploy, context, messages.scaling_left_as_is(target.suspended, scaling.suspended_before)
                )
            )
        case ScalingTargetState.DELETED:
            return StepResult(_with_scaling_restored(deploy, context, messages.target_deleted()))


def restore_again_if_suspended(deploy: Deploy, context: StepContext) -> Deploy | None:
    """The deploy with scaling to be put back once more, if a late call of ours suspended it again.

    If somebody suspends it after that, they want it so.
    """
    scaling = deploy.stop.scaling
    if scaling is None or not scaling.suspend_tried or scaling.suspended_before == ALL_SUSPENDED:
        return None
    if (
        find_target_state(scaling.suspended_before, _read_target(deploy, context))
        is not ScalingTargetState.SUSPENDED_BY_SLIPWAY
        or scaling.restored_late
    ):
        return None
    again = scaling.evolve(restored=False, restored_late=True)
    return deploy.with_message(
        context.now(),
        ThreadMessageKind.PROBLEM,
        messages.suspended_again_after_end(),
        broadcast=True,
        stop={"scaling": again},
    )


def _with_scaling_restored(deploy: Deploy, context: StepContext, text: str) -> Deploy:
    scaling = deploy.stop.scaling
    assert scaling is not None
    return deploy.with_message(
        context.now(),
        ThreadMessageKind.PROGRESS,
        text,
        stop={"scaling": scaling.evolve(restored=True)},
        retries={"channel_alerted_at": None},
    )


def _tags_of_lost_deploy(
    deploy: Deploy, context: StepContext, ecs_service: ServiceState
) -> RestoreTags | None:
    """The tags of a deploy without a record, or of this one, whose record may be older than what it did. If
    another deploy with a record left its tags, it has put back what it suspended, and only its tags could not
    be removed.
    """
    tags = restore_tags.read_signed_tags(ecs_service, context.signer)
    if tags is None or tags.deploy_id == deploy.id:
        return tags if tags is not None and tags.suspending else None
    return tags if tags.deploy_id not in {each.id for each in context.earlier_deploys()} else None


def _read_target(deploy: Deploy, context: StepContext) -> ScalableTargetState | None:
    return targets.read_target(context.region, deploy.service.cluster, deploy.service.ecs_service)
