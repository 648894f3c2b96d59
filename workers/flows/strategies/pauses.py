"""PAUSE hooks: ECS is told what somebody answered.

An answer is marked as tried before ECS is told, and adopted after a crash if the hook no longer waits.
People who may cancel may also roll back at a pause, since that is the same.

A rollback that is a new deployment in ECS pauses at the same hooks, and is told to go on there.
"""

from __future__ import annotations

from deploys.asker import Asker
from deploys.errors import AwsDenied, AwsRefused, Refused, SlackUnsure
from deploys.pauses import current_pause
from deploys.records.deploy import Deploy
from deploys.records.hold import HoldKind
from deploys.records.rollback import RollbackCauseKind
from deploys.records.thread_messages import ThreadMessageKind
from deploys.records.traffic import HookAction, Pause, PauseAnswer, TrafficShift
from workers.ecs import service_deployments
from workers.ecs.state import ServiceDeploymentState, ServiceState
from workers.flows.best_effort import best_effort
from workers.flows.ending import require_rollback_cause, start_rollback
from workers.flows.own_revisions import is_recorded_revision, rollback_revision
from workers.messages import pauses as messages
from workers.messages import progress
from workers.step_context import StepContext, StepResult

RESEND_SECONDS = 30.0
"""How long ECS has to leave a pause after it accepted the answer, before it is told again (seconds)."""


def send_pause_answer(
    deploy: Deploy, context: StepContext, service_deployment: ServiceDeploymentState | None
) -> StepResult | None:
    """Sends ECS the answer to the pause at which the rollout waits; None if there is none to send now.

    Raises:
        AwsError: ECS did not accept it.
        SlackUnsure: nobody can tell whether the answer counts.
    """
    if service_deployment is not None and _is_rollback_ignored(deploy, context.now()):
        cause = require_rollback_cause(deploy)
        return start_rollback(
            deploy, context, cause.kind, cause.sentence, text=messages.rollback_ignored_by_ecs()
        )
    pause = current_pause(deploy)
    if pause is None or pause.answer is None or service_deployment is None:
        return None
    now, answer = context.now(), pause.answer
    if answer.action is HookAction.CONTINUE and not answer.send_tried and _is_stopped(context):
        return None
    if answer.accepted_at is not None and now - answer.accepted_at < RESEND_SECONDS:
        return None
    try:
        context.access.may_answer_pause(Asker.of_answer(answer), deploy, answer.action)
    except SlackUnsure:
        raise
    except Refused:
        return StepResult(_drop_answer(deploy, pause, answer, now), delay=context.timing.watch_seconds)
    deploy = context.write_intent(_with_answer(deploy, pause, answer.evolve(send_tried=True)))
    context.guard()
    try:
        service_deployments.continue_past_hook(
            context.region, service_deployment.arn, pause.hook_id, answer.action
        )
    except (AwsDenied, AwsRefused) as error:
        stale = isinstance(error, AwsRefused) and not deploy.retries.attempts
        if answer.action is HookAction.CONTINUE or stale:
            raise
        # The rollback does the same by StopServiceDeployment, or by an update.
        return start_rollback(
            deploy, context, RollbackCauseKind.PAUSE_ANSWER, messages.rolled_back_by(answer.user, pause.stage)
        )
    sent = _with_answer(deploy, pause, answer.evolve(send_tried=True, accepted_at=context.now()))
    if answer.accepted_at is not None:
        return StepResult(sent, delay=context.timing.watch_seconds)
    return StepResult(_report_answer(sent, pause, answer, context.now()), delay=context.timing.watch_seconds)


def _is_stopped(context: StepContext) -> bool:
    """A pause is a safe point: while all deploys are stopped, the rollout stays there."""
    hold = context.find_hold()
    return hold is not None and hold.kind is HoldKind.STOP_ALL


def _is_rollback_ignored(deploy: Deploy, now: float) -> bool:
    """Whether ECS accepted the answer to roll back, and goes forward nevertheless."""
    last_pause = deploy.traffic.pauses[-1] if deploy.traffic and deploy.traffic.pauses else None
    answer = last_pause.answer if last_pause else None
    if answer is None or answer.action is not HookAction.ROLLBACK or answer.accepted_at is None:
        return False
    return now - answer.accepted_at >= RESEND_SECONDS


def _report_answer(deploy: Deploy, pause: Pause, answer: PauseAnswer, now: float) -> Deploy:
    if answer.action is HookAction.CONTINUE:
        return deploy.with_message(now, ThreadMessageKind.PROGRESS, messages.continued(answer.user))
    reason = messages.rolled_back_by(answer.user, pause.stage)
    text = progress.rolling_back(reason, rollback_revision(deploy))
    reported = deploy.with_message(now, ThreadMessageKind.PROBLEM, text)
    return reported.with_rollback_cause(RollbackCauseKind.PAUSE_ANSWER, reason)


def _drop_answer(deploy: Deploy, pause: Pause, answer: PauseAnswer, now: float) -> Deploy:
    """Access is checked at the click and again here. The pause waits for somebody else."""
    waiting = deploy.evolve(
        traffic=(deploy.traffic or TrafficShift()).with_last_pause(pause.evolve(answer=None))
    )
    return waiting.with_message(
        now, ThreadMessageKind.PROBLEM, messages.access_lost(answer.user, answer.action)
    )


def _with_answer(deploy: Deploy, pause: Pause, answer: PauseAnswer) -> Deploy:
    return deploy.evolve(
        traffic=(deploy.traffic or TrafficShift()).with_last_pause(pause.evolve(answer=answer))
    )


def continue_rollback_pauses(deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> Deploy:
    """Continues every PAUSE hook of the deployment that brings the recorded revision back.

    ECS's own rollback has no pauses. A rollout that ECS has stopped, or that cannot be stopped, is undone by
    a new deployment. The rollback was decided already, so nobody is asked again.

    Raises:
        AwsError: ECS did not accept it.
    """
    rollback = _find_rollback_deployment(deploy, context, ecs_service)
    waiting = [hook.id for hook in rollback.hooks if hook.status == "AWAITING_ACTION"] if rollback else []
    if rollback is None or not waiting:
        return deploy
    for hook_id in waiting:
        context.guard()
        service_deployments.continue_past_hook(context.region, rollback.arn, hook_id, HookAction.CONTINUE)
    return deploy.with_message(
        context.now(), ThreadMessageKind.PROGRESS, messages.continued_during_rollback(rollback.stage)
    )


def _find_rollback_deployment(
    deploy: Deploy, context: StepContext, ecs_service: ServiceState
) -> ServiceDeploymentState | None:
    primary = ecs_service.primary
    if primary is None:
        return None
    ours = (deploy.ecs.deployment_id, deploy.ecs.previous_deployment_id)
    rolls_back = is_recorded_revision(deploy, primary.revision) and primary.id not in ours
    if not rolls_back or primary.rollout_state == "COMPLETED":
        return None
    service = deploy.service
    since = deploy.ecs.rollout_started_at or deploy.request.requested_at
    return best_effort(
        lambda: service_deployments.find_by_deployment_id(
            context.region, service.cluster, service.ecs_service, primary.id, created_after=since
        ),
        None,
    )
