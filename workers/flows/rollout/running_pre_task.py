"""Phases RUNNING_PRE_TASK and RUNNING_COMMAND: one task runs, once: with the new revision before the service
is changed, or with the one that runs, for a command that a person typed.

It never runs twice. The request has a token, with which ECS starts one task at most, as long as ECS surely
knows it. Before each request, ECS is asked for the task that an earlier try may have started. After that
time, nothing is risked: the deploy ends and says that it cannot tell. How the task ended is final in ECS, so
one read is enough for success.
"""

from __future__ import annotations

from collections.abc import Sequence

from deploys.environment_values import hide_known_values
from deploys.errors import AwsError, AwsResultUnknown, NotOnDisk, SlipwayError
from deploys.pre_task import OneOffTask, configured_pre_task, one_off_task
from deploys.records.confirmations import Observation
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome
from deploys.records.pre_task_and_post_check import PreTaskRun, StopCause
from deploys.records.request import Verb
from deploys.records.thread_messages import Notice, ThreadMessageKind
from deploys.redaction import redact
from workers.ecs import one_off_tasks, tasks
from workers.ecs.one_off_tasks import NoCapacity
from workers.ecs.reasons import stopped_one_off_task
from workers.ecs.state import ServiceState, TaskState
from workers.flows.ending import (
    confirm_service_deleted,
    confirm_superseded,
    confirm_twice,
    end_cancelled,
    end_deploy,
    with_typed_reason,
)
from workers.flows.first_change import check_first_change
from workers.flows.observe import missing_evidence
from workers.flows.observe.failure_evidence import (
    is_log_hidden,
    read_task_log,
    where_log_is,
    with_essential_containers,
)
from workers.flows.observe.image_comparison import find_other_image
from workers.flows.own_revisions import rollback_revision
from workers.flows.rollout.pre_task_status import PreTaskStatus, find_command_container, judge_pre_task
from workers.flows.strategies.registry import strategy_of
from workers.messages import pre_task as messages
from workers.step_context import StepContext, StepResult

CAPACITY_RETRY_SECONDS = 15.0
"""Between two requests for a task that ECS has no capacity for (seconds)."""
UNANSWERED_SECONDS = 60.0
"""After a request without an answer, until it surely starts nothing any more (seconds)."""
UNLISTED_SECONDS = 300.0
"""How long ECS may not list a task that it has just started (ECS API reference, RunTask; seconds)."""
STOPS_WITHIN_SECONDS = 300.0
"""After the request to stop it, until somebody should have a look (seconds)."""
SUCCESS_LOG_LINES = 3
FAILURE_LOG_LINES = 12
COMMAND_LOG_LINES = 30


def run_pre_task(deploy: Deploy, context: StepContext) -> StepResult:
    """Starts the task, adopts the one that an earlier try started, or follows it."""
    settings = one_off_task(deploy)
    if settings is None or deploy.plan is None:
        raise ValueError(f"deploy {deploy.id} has no task to run")
    run = deploy.pre_task or PreTaskRun(container=settings.container or deploy.plan.changes[0].container)
    if run.task_arn is not None:
        return _follow_task(deploy, context, run, settings)
    # Even if the record knows of no request: it may be older than one.
    ecs_task = one_off_tasks.find(
        context.region, deploy.service.cluster, deploy.ecs.new_revision or "", deploy.id
    )
    if ecs_task is not None:
        requested_at = run.requested_at or ecs_task.created_at or context.now()
        return _task_started(deploy, context, run.evolve(requested_at=requested_at), ecs_task.arn, settings)
    if deploy.cancel:
        return _cancel_before_start(deploy, context, run)
    return _end_if_too_late(deploy, context, run, settings) or _start_task(deploy, context, run, settings)


def _start_task(
    deploy: Deploy, context: StepContext, pre_task: PreTaskRun, settings: OneOffTask
) -> StepResult:
    ecs_service = context.read_service()
    if ecs_service is None or ecs_service.status != "ACTIVE":
        return confirm_service_deleted(deploy, context, ecs_service)
    if deploy.verb.sets_version and ecs_service.revision != rollback_revision(deploy):
        return confirm_superseded(deploy, context, ecs_service)
    if pre_task.requested_at is None:
        deploy = check_first_change(deploy, context)
    command = _read_command(deploy, context)
    requested = pre_task.evolve(
        requested_at=context.now() if pre_task.requested_at is None else pre_task.requested_at,
        request_unanswered=pre_task.requested_at is not None,
    )
    deploy = context.write_intent(deploy.evolve(pre_task=requested))
    try:
        context.guard()
        answer = one_off_tasks.run(context.region, _run_task_request(deploy, requested, command, ecs_service))
    except AwsResultUnknown:
        raise
    except (AwsError, NotOnDisk):
        context.write_intent(deploy.evolve(pre_task=_with_refusal(requested)))
        raise
    if isinstance(answer, NoCapacity):
        return _wait_for_capacity(deploy, context, requested, answer, settings)
    return _task_started(deploy, context, requested, answer, settings)


def _run_task_request(
    deploy: Deploy, pre_task: PreTaskRun, command: Sequence[str], ecs_service: ServiceState
) -> one_off_tasks.RunTaskRequest:
    return one_off_tasks.RunTaskRequest(
        cluster=deploy.service.cluster,
        revision=deploy.ecs.new_revision or "",
        container=pre_task.container,
        command=command,
        deploy_id=deploy.id,
        token=f"slipway-{deploy.id}-{pre_task.token_number}",
        run_task_settings=ecs_service.run_task_settings,
    )


def _read_command(deploy: Deploy, context: StepContext) -> Sequence[str]:
    """What ECS gets. Raises CommandForgotten."""
    if deploy.command is not None:
        return context.read_typed_command(deploy.command)
    configured = configured_pre_task(deploy)
    return configured.command if configured else ()


def _with_refusal(pre_task: PreTaskRun) -> PreTaskRun:
    """ECS refused this request. An earlier one without an answer may still have started the task."""
    return pre_task if pre_task.request_unanswered else pre_task.evolve(requested_at=None)


def _task_started(
    deploy: Deploy, context: StepContext, pre_task: PreTaskRun, arn: str, settings: OneOffTask
) -> StepResult:
    now = context.now()
    context.forget_typed_command()
    started = pre_task.evolve(task_arn=arn, no_capacity="")
    text = messages.started(deploy, started, settings.deadline)
    reported = deploy.with_message(
        now, ThreadMessageKind.PROGRESS, text, pre_task=started, pending_confirmation=None
    )
    return StepResult(reported, delay=context.timing.watch_seconds)


def _wait_for_capacity(
    deploy: Deploy, context: StepContext, pre_task: PreTaskRun, answer: NoCapacity, settings: OneOffTask
) -> StepResult:
    """ECS says at once what it lacks, and keeps no request. Each reason is reported once."""
    reason = redact(hide_known_values(answer.reason))
    waiting = _with_refusal(pre_task).evolve(no_capacity=reason)
    if waiting.requested_at is None:
        waiting = waiting.evolve(token_number=pre_task.token_number + 1)
    if reason != pre_task.no_capacity:
        text = messages.waiting_for_capacity(deploy, reason, settings.deadline)
        deploy = deploy.with_message(context.now(), ThreadMessageKind.PROBLEM, text)
    return StepResult(deploy.evolve(pre_task=waiting), delay=CAPACITY_RETRY_SECONDS)


def _cancel_before_start(deploy: Deploy, context: StepContext, pre_task: PreTaskRun) -> StepResult:
    if pre_task.requested_at is not None and context.now() - pre_task.requested_at < UNANSWERED_SECONDS:
        return StepResult(deploy, delay=context.timing.unannounced_seconds)
    return end_cancelled(deploy.evolve(pre_task=None), context)


def _end_if_too_late(
    deploy: Deploy, context: StepContext, pre_task: PreTaskRun, settings: OneOffTask
) -> StepResult | None:
    """The end, if it is too late to ask for the task, or to ask again; else None."""
    now = context.now()
    is_late = now - deploy.phase_since > settings.deadline
    if pre_task.requested_at is None:
        if not is_late:
            return None
        text = messages.failed(
            deploy, messages.capacity_overdue(pre_task.no_capacity, settings.deadline), ran=False
        )
        return end_deploy(deploy, context, Outcome.FAILED, text)
    if is_late or now - pre_task.requested_at > one_off_tasks.CLIENT_TOKEN_SECONDS:
        return end_deploy(
            deploy, context, Outcome.FAILED, messages.failed(deploy, messages.may_have_run(deploy), ran=True)
        )
    return None


def _follow_task(
    deploy: Deploy, context: StepContext, pre_task: PreTaskRun, settings: OneOffTask
) -> StepResult:
    arn = pre_task.task_arn or ""
    ecs_task = tasks.describe(context.region, deploy.service.cluster, [arn]).get(arn)
    if ecs_task is None:
        return _task_not_listed(deploy, context, pre_task)
    status = judge_pre_task(ecs_task, pre_task)
    pre_task = pre_task.evolve(status=ecs_task.last_status)
    deploy = deploy.evolve(pre_task=pre_task)
    if status is PreTaskStatus.SUCCEEDED and not deploy.cancel:
        return _task_succeeded(deploy, context, pre_task, ecs_task)
    if status in (PreTaskStatus.SUCCEEDED, PreTaskStatus.FAILED):
        again = confirm_twice(deploy, context, Observation.PRE_TASK_ENDED, status.value)
        return again or _task_stopped(deploy, context, pre_task, ecs_task, status)
    deploy = deploy.evolve(pending_confirmation=None)
    stop_cause = _find_stop_reason(deploy, context, pre_task, status, settings)
    if stop_cause is not StopCause.NOT_ASKED:
        return _stop_task(deploy, context, pre_task, ecs_task, stop_cause)
    return StepResult(deploy, delay=context.timing.watch_seconds)


def _find_stop_reason(
    deploy: Deploy, context: StepContext, pre_task: PreTaskRun, status: PreTaskStatus, settings: OneOffTask
) -> StopCause:
    if pre_task.stop_cause is not StopCause.NOT_ASKED:
        return pre_task.stop_cause
    if status is PreTaskStatus.COMMAND_EXITED:
        return StopCause.DONE
    if deploy.cancel:
        return StopCause.CANCELLED
    overdue = context.now() - deploy.phase_since > settings.deadline
    return StopCause.OVERDUE if overdue else StopCause.NOT_ASKED


def _stop_task(
    deploy: Deploy, context: StepContext, pre_task: PreTaskRun, ecs_task: TaskState, why: StopCause
) -> StepResult:
    now = context.now()
    if pre_task.stop_requested_at is None:
        pre_task = pre_task.evolve(stop_cause=why, stop_requested_at=now)
        deploy = context.write_intent(deploy.evolve(pre_task=pre_task))
    if ecs_task.desired_status == "RUNNING":
        context.guard()
        reason = f"Slipway deploy {deploy.id}: {why.value}"
        one_off_tasks.stop(context.region, deploy.service.cluster, ecs_task.arn, reason)
    waited = now - (pre_task.stop_requested_at or now)
    if waited > STOPS_WITHIN_SECONDS and not deploy.has_notice(Notice.PRE_TASK_NOT_STOPPING):
        text = messages.task_does_not_stop(pre_task, waited)
        deploy = deploy.with_message(now, ThreadMessageKind.PROBLEM, text, broadcast=True)
        deploy = deploy.with_notice(Notice.PRE_TASK_NOT_STOPPING)
    return StepResult(deploy, delay=context.timing.watch_seconds)


def _task_succeeded(
    deploy: Deploy, context: StepContext, pre_task: PreTaskRun, ecs_task: TaskState
) -> StepResult:
    now = context.now()
    deploy = deploy.evolve(pre_task=pre_task.evolve(exit_code=0, ended_at=ecs_task.stopped_at or now))
    log, missing_log = _read_log(deploy, context, ecs_task, _log_lines(deploy, SUCCESS_LOG_LINES))
    if other_image := find_other_image(deploy, context, ecs_task):
        return end_deploy(
            deploy, context, Outcome.FAILED, messages.failed(deploy, other_image, ran=True, log=log)
        )
    text = messages.succeeded(deploy, _task_seconds(ecs_task, now), log)
    if deploy.verb is Verb.RUN:
        return end_deploy(deploy, context, Outcome.SUCCEEDED, f"{text}{missing_log}")
    reported = deploy.with_message(now, ThreadMessageKind.PROGRESS, f"{text}{missing_log}")
    return StepResult(reported.in_phase(strategy_of(deploy).first_phase, now))


def _task_stopped(
    deploy: Deploy, context: StepContext, pre_task: PreTaskRun, ecs_task: TaskState, status: PreTaskStatus
) -> StepResult:
    now = context.now()
    container = find_command_container(ecs_task, pre_task)
    exit_code = container.exit_code if container else None
    deploy = deploy.evolve(pre_task=pre_task.evolve(exit_code=exit_code, ended_at=ecs_task.stopped_at or now))
    log, missing_log = _read_log(deploy, context, ecs_task, _log_lines(deploy, FAILURE_LOG_LINES))
    has_run = ecs_task.started_at is not None
    seconds = _task_seconds(ecs_task, now)
    if deploy.cancel:
        ending = messages.stopped_midway(deploy, seconds, has_run)
        if pre_task.stop_cause is not StopCause.CANCELLED or status is PreTaskStatus.SUCCEEDED:
            ending = (
                messages.exited_before_stop(deploy, exit_code)
                if exit_code is not None
                else _failure_cause(deploy, context, ecs_task)
            )
        text = messages.cancelled(deploy, deploy.cancel, ending, has_run, log)
        cancelled = with_typed_reason(deploy, deploy.cancel.reason)
        return end_deploy(cancelled, context, Outcome.CANCELLED, f"{text}{missing_log}")
    settings = one_off_task(deploy)
    if pre_task.stop_cause is StopCause.OVERDUE and settings is not None:
        reason = messages.overdue(deploy, settings.deadline, has_run)
    else:
        reason = _failure_cause(deploy, context, ecs_task)
    text = messages.failed(deploy, reason, has_run, log)
    return end_deploy(deploy, context, Outcome.FAILED, f"{text}{missing_log}")


def _failure_cause(deploy: Deploy, context: StepContext, ecs_task: TaskState) -> str:
    by_us = deploy.pre_task is not None and deploy.pre_task.stop_cause is StopCause.DONE
    (with_essential,) = with_essential_containers(context, [ecs_task])
    cause = stopped_one_off_task.explain_one_off_stop(
        with_essential, deploy.pre_task.container if deploy.pre_task else "", by_us=by_us
    )
    return messages.exited_badly(deploy, cause.text if cause else "ECS does not say why.")


def _task_not_listed(deploy: Deploy, context: StepContext, pre_task: PreTaskRun) -> StepResult:
    """ECS may not list a new task for a while. It forgets one that stopped long ago."""
    if context.now() - deploy.phase_since < UNLISTED_SECONDS:
        return StepResult(deploy, delay=context.timing.unannounced_seconds)
    if again := confirm_twice(deploy, context, Observation.PRE_TASK_NOT_FOUND):
        return again
    text = messages.failed(deploy, messages.task_unknown_to_ecs(deploy, pre_task), ran=True)
    return end_deploy(deploy, context, Outcome.FAILED, text)


def _task_seconds(ecs_task: TaskState, now: float) -> float:
    started = ecs_task.started_at or ecs_task.created_at or now
    return (ecs_task.stopping_at or ecs_task.stopped_at or now) - started


def _log_lines(deploy: Deploy, before_rollout: int) -> int:
    """A person waits for what a command says."""
    return COMMAND_LOG_LINES if deploy.verb is Verb.RUN else before_rollout


def _read_log(
    deploy: Deploy, context: StepContext, ecs_task: TaskState, count: int
) -> tuple[Sequence[str], str]:
    """The newest lines of its container, and a sentence if they could not be read."""
    if deploy.pre_task is None or deploy.ecs.new_revision is None:
        return (), ""
    container = deploy.pre_task.container
    if is_log_hidden(deploy, context):
        return (), f"\n{where_log_is(deploy, context, ecs_task, container)}"
    lines = read_task_log(context, deploy.ecs.new_revision, ecs_task, container, count)
    if isinstance(lines, SlipwayError):
        return (), f"\n{missing_evidence.missing_log(lines, container).sentence}"
    return lines, ""
