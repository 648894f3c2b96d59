"""Phase CHECKING: ECS says that the rollout succeeded; now the configured post-check has to hold for a while.

A single failure does no harm. The deploy is rolled back if the address fails several times in a row, or if
two reads find an alarm firing. A read that fails is neither good nor bad, but the check passes only if the
last read of each kind was good. If AWS cannot be read, the check goes on for a while; then it is rolled back,
because nobody knows that it holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from deploys.catalogue.nested_keys import PostCheck
from deploys.errors import AwsError, SlipwayError
from deploys.pre_task import configured_post_check
from deploys.records.confirmations import Observation
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.pre_task_and_post_check import PostCheckRun
from deploys.records.rollback import RollbackCauseKind
from deploys.records.thread_messages import ThreadMessageKind
from workers import http_check
from workers.ecs import alarms
from workers.ecs.alarms import AlarmState
from workers.flows.best_effort import attempt, best_effort
from workers.flows.ending import (
    confirm_service_deleted,
    confirm_twice,
    end_deploy,
    start_rollback,
)
from workers.flows.observe.drain import recount_draining
from workers.flows.observe.image_comparison import confirm_running_images, runs_other_image
from workers.flows.observe.rollout_status import wants_no_tasks
from workers.flows.strategies.registry import strategy_of
from workers.http_check import HttpCheckResult
from workers.messages import images, outcomes, post_check, rollback_reasons
from workers.step_context import StepContext, StepResult

CHECK_INTERVAL_SECONDS = 10.0
"""Between two probes (seconds). Each is one request to the address and one read of all alarms."""
MAX_MISSES = 3
"""Requests in a row without a 2xx answer, after which it is rolled back (count)."""
EXTRA_SECONDS = 600.0
"""How much longer than configured a check goes on if its alarms cannot be read at its end (seconds)."""


class CheckVerdict(Enum):
    """What the probes so far mean."""

    IN_PROGRESS = "going"
    PASSED = "held"
    HTTP_FAILED = "http failed"  # the address fails too often
    IN_ALARM = "in alarm"  # an alarm fires
    UNREADABLE = "unreadable"  # the alarms could not be read for too long


@dataclass(frozen=True)
class Probe:
    """What one request to the address and one read of the alarms showed."""

    answer: HttpCheckResult | None = None
    """None: no address is configured."""
    in_alarm: tuple[AlarmState, ...] = ()
    alarms_error: str = ""
    """Why the alarms could not be read; empty if they were, or if none are configured."""


def succeed_or_check(deploy: Deploy, context: StepContext, took: float) -> StepResult:
    """The rollout has succeeded: ends the deploy, or begins the post-check. took: since the request (s)."""
    settings = configured_post_check(deploy)
    if settings is None:
        return end_deploy(deploy, context, Outcome.SUCCEEDED, outcomes.succeeded(deploy, took))
    now = context.now()
    checking = deploy.with_message(
        now, ThreadMessageKind.PROGRESS, post_check.started(settings), post_check=PostCheckRun()
    )
    return StepResult(checking.in_phase(Phase.CHECKING, now))


def run_post_check(deploy: Deploy, context: StepContext) -> StepResult:
    """One probe. Then it passes, is rolled back or goes on."""
    settings = configured_post_check(deploy)
    if settings is None:
        raise ValueError(f"deploy {deploy.id} has nothing to check after its rollout")
    if deploy.cancel:
        sentence = rollback_reasons.cancelled_by(deploy.cancel.user, deploy.cancel.reason)
        return roll_back_after_check(deploy, context, RollbackCauseKind.CANCELLED, sentence)
    if (ended := _end_if_not_ours(deploy, context)) is not None:
        return ended
    probe = take_probe(settings, context)
    deploy = deploy.evolve(post_check=add_probe(deploy.post_check or PostCheckRun(), settings, probe))
    progress = deploy.post_check or PostCheckRun()
    elapsed = context.now() - deploy.phase_since
    verdict = judge_check(progress, settings, probe, elapsed)
    if verdict is CheckVerdict.IN_ALARM:
        names = " ".join(alarm.name for alarm in probe.in_alarm)
        again = confirm_twice(deploy, context, Observation.ALARM_FIRING, names)
        return again or roll_back_after_check(
            deploy,
            context,
            RollbackCauseKind.CHECK_FAILED,
            post_check.alarms_fired({alarm.name: alarm.reason for alarm in probe.in_alarm}),
        )
    if verdict is CheckVerdict.HTTP_FAILED:
        return roll_back_after_check(
            deploy, context, RollbackCauseKind.CHECK_FAILED, post_check.http_failed(settings, progress)
        )
    if verdict is CheckVerdict.UNREADABLE:
        return roll_back_after_check(
            deploy,
            context,
            RollbackCauseKind.CHECK_FAILED,
            post_check.not_verified(settings, progress.alarm_read_error, elapsed),
        )
    if verdict is CheckVerdict.PASSED:
        checked = confirm_running_images(deploy, context)
        if isinstance(checked, StepResult):
            return checked
        deploy = checked
        if runs_other_image(deploy):
            return roll_back_other_image(deploy, context)
        deploy = recount_draining(_with_current_counts(deploy, context), context)
        seconds = context.now() - deploy.request.requested_at
        text = f"{outcomes.succeeded(deploy, seconds)} {post_check.passed(settings, progress, elapsed)}"
        return end_deploy(deploy, context, Outcome.SUCCEEDED, text)
    remaining = settings.duration - elapsed
    delay = min(CHECK_INTERVAL_SECONDS, remaining) if remaining > 0 else CHECK_INTERVAL_SECONDS
    return StepResult(deploy.evolve(pending_confirmation=None), delay=max(delay, 1.0))


def take_probe(settings: PostCheck, context: StepContext) -> Probe:
    """Reads the alarms and requests the address, once each."""
    in_alarm, error = _read_alarms(settings.alarms, context)
    return Probe(http_check.check_url(settings.http) if settings.http else None, in_alarm, error)


def add_probe(progress: PostCheckRun, settings: PostCheck, probe: Probe) -> PostCheckRun:
    """The record with one more probe in it. Pure."""
    if probe.answer is not None:
        good = probe.answer.is_success
        progress = progress.evolve(
            requests=progress.requests + 1,
            successes=progress.successes + int(good),
            consecutive_failures=0 if good else progress.consecutive_failures + 1,
            last_failure=progress.last_failure if good else probe.answer.text,
        )
    read = bool(settings.alarms) and not probe.alarms_error
    return progress.evolve(alarm_reads=progress.alarm_reads + int(read), alarm_read_error=probe.alarms_error)


def judge_check(progress: PostCheckRun, settings: PostCheck, probe: Probe, lasted: float) -> CheckVerdict:
    """What it means after `lasted` seconds. Pure."""
    if probe.in_alarm:
        return CheckVerdict.IN_ALARM
    if progress.consecutive_failures >= MAX_MISSES:
        return CheckVerdict.HTTP_FAILED
    if lasted < settings.duration or progress.consecutive_failures:
        return CheckVerdict.IN_PROGRESS
    if progress.alarm_read_error:
        return (
            CheckVerdict.UNREADABLE
            if lasted >= settings.duration + EXTRA_SECONDS
            else CheckVerdict.IN_PROGRESS
        )
    return CheckVerdict.PASSED


def is_check_overdue(deploy: Deploy, now: float) -> bool:
    """Whether the check takes longer than any failing probe could explain."""
    settings = configured_post_check(deploy)
    return settings is None or now - deploy.phase_since > settings.duration + EXTRA_SECONDS


def roll_back_other_image(deploy: Deploy, context: StepContext) -> StepResult:
    """Its tasks run an image that the plan did not show."""
    running_images, plan = deploy.rollout.running_images, deploy.plan
    if running_images is None or plan is None:
        raise ValueError(f"deploy {deploy.id} has no images to compare")
    return roll_back_after_check(
        deploy, context, RollbackCauseKind.OTHER_IMAGE, images.other_image_runs(plan, running_images)
    )


def roll_back_after_check(
    deploy: Deploy, context: StepContext, cause: RollbackCauseKind, sentence: str
) -> StepResult:
    """From here on, the old revision is brought back. The downtime of a stopped service so far is kept, since
    it has served in between.
    """
    if deploy.downtime_seconds is not None:
        since = context.now() - deploy.downtime_seconds
        deploy = deploy.evolve(rollout={"serving_at": None}, stop={"requested_at": since})
    return start_rollback(deploy, context, cause, sentence)


def _end_if_not_ours(deploy: Deploy, context: StepContext) -> StepResult | None:
    """The end, if the service was deleted or somebody else's deployment has it; else None."""
    try:
        ecs_service = context.read_service()
    except AwsError:
        return None  # neither good nor bad
    if ecs_service is None or ecs_service.status != "ACTIVE":
        return confirm_service_deleted(deploy, context, ecs_service)
    if ecs_service.revision != deploy.ecs.new_revision:
        return strategy_of(deploy).end_superseded(deploy, context, ecs_service)
    return _end_if_scaled_to_zero(deploy, context) if wants_no_tasks(ecs_service) else None


def _end_if_scaled_to_zero(deploy: Deploy, context: StepContext) -> StepResult:
    if again := confirm_twice(deploy, context, Observation.SCALED_TO_ZERO):
        return again
    if deploy.stop.owns_count:
        return roll_back_after_check(
            deploy, context, RollbackCauseKind.SCALED_TO_ZERO, outcomes.scaled_to_zero_in_check_reason()
        )
    text = outcomes.superseded_by_zero_count_in_check(deploy)
    return end_deploy(deploy.evolve(rollout={"scaled_to_zero": True}), context, Outcome.SUPERSEDED, text)


def _with_current_counts(deploy: Deploy, context: StepContext) -> Deploy:
    """The deploy with the current counts: tasks may have stopped or been added since the rollout ended."""
    ecs_service = best_effort(context.read_service, None)
    ours = (
        [each for each in ecs_service.deployments if each.revision == deploy.ecs.new_revision]
        if ecs_service
        else []
    )
    if not ours:
        return deploy
    counts = deploy.rollout.counts.evolve(
        new_desired=sum(each.desired for each in ours) or (ecs_service.desired if ecs_service else 0),
        new_pending=sum(each.pending for each in ours),
        new_running=sum(each.running for each in ours),
    )
    return deploy.evolve(rollout={"counts": counts})


def _read_alarms(names: Sequence[str], context: StepContext) -> tuple[tuple[AlarmState, ...], str]:
    """Those that fire, and why they could not all be read."""
    if not names:
        return (), ""
    alarm_states = attempt(lambda: alarms.read(context.region, names))
    if isinstance(alarm_states, SlipwayError):
        return (), alarm_states.message
    in_alarm = tuple(alarm for alarm in alarm_states.values() if alarm.is_alarming)
    missing = [name for name in names if name not in alarm_states]
    return in_alarm, post_check.alarms_deleted(missing) if missing else ""
