"""Phase FOLLOWING_COUNT: the tasks start or stop, until the count is there and holds."""

from __future__ import annotations

from dataclasses import dataclass, field

from deploys.errors import SlipwayError
from deploys.records.confirmations import Observation
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome
from deploys.records.rollback import RollbackCauseKind
from workers.ecs import tasks
from workers.ecs.reasons.failed_tasks import HEALTHY_AFTER_SECONDS, counts_as_failed
from workers.ecs.state import ServiceState, TaskState
from workers.flows.best_effort import attempt
from workers.flows.count_change.count_status import (
    CountStatus,
    count_tasks,
    is_steady,
    judge_count,
    required_change,
)
from workers.flows.count_change.setting import end_moved
from workers.flows.ending import (
    confirm_service_deleted,
    confirm_twice,
    end_deploy,
    roll_back_cancelled,
    start_rollback,
)
from workers.flows.observe.crash_loop import consecutive_failures
from workers.flows.observe.deadline import is_rollout_overdue
from workers.flows.observe.failure_evidence import (
    StoppedTasks,
    has_signs_of_failure,
    with_essential_containers,
)
from workers.flows.observe.missing_evidence import missing_tasks
from workers.flows.rollout.failure_reports import report_failures, take_new_evidence
from workers.messages import count_change as messages
from workers.messages import rollback_reasons
from workers.step_context import StepContext, StepResult

CLOCK_MARGIN_SECONDS = 10.0
"""ECS dates its tasks by its own clock, which may differ from the workers' (seconds)."""


@dataclass(frozen=True)
class NewTasks:
    """The tasks that were started for the new count."""

    all: tuple[TaskState, ...] = ()
    stopped: StoppedTasks = field(default_factory=StoppedTasks)

    @property
    def failed(self) -> int:
        """How many of them failed (count)."""
        return sum(map(counts_as_failed, self.stopped.tasks))


def follow_count(deploy: Deploy, context: StepContext) -> StepResult:
    """Reads the service once. What ends or turns it counts once a second read agrees."""
    change, now = required_change(deploy), context.now()
    ecs_service = context.read_service()
    if ecs_service is None or ecs_service.status != "ACTIVE":
        return confirm_service_deleted(deploy, context, ecs_service)
    status = judge_count(ecs_service, change.wanted)
    if status is CountStatus.MOVED:
        return end_moved(deploy, context, ecs_service)
    new_tasks = _read_new_tasks(deploy, context, ecs_service)
    deploy = deploy.evolve(rollout={"counts": count_tasks(ecs_service, new_tasks.failed)})
    if deploy.cancel:
        return roll_back_cancelled(deploy, context)
    serving_at = (deploy.rollout.serving_at or now) if status is CountStatus.REACHED else None
    deploy = deploy.evolve(rollout={"serving_at": serving_at})
    if serving_at is not None and _holds(deploy, ecs_service, serving_at, now):
        is_final = is_steady(ecs_service, change.scaled_at or now)  # an older read has no event of so late
        again = confirm_twice(deploy, context, Observation.COUNT_REACHED, soon=True, final=is_final)
        return again or end_deploy(deploy, context, Outcome.SUCCEEDED, messages.reached(deploy, now))
    if not deploy.awaits_confirmation(Observation.CRASH_LOOP):
        deploy = deploy.evolve(pending_confirmation=None)
    if is_rollout_overdue(deploy, now):
        return _end_overdue(deploy, context)
    failures = consecutive_failures(new_tasks.all, now, ecs_service.health_check_grace_seconds)
    if failures.reach(deploy.service.give_up_after):
        if again := confirm_twice(deploy, context, Observation.CRASH_LOOP, soon=True):
            return again
        deploy, evidence = take_new_evidence(deploy, context, ecs_service, new_tasks.stopped)
        reason = rollback_reasons.crash_loop(deploy, len(failures.stopped_at), HEALTHY_AFTER_SECONDS)
        return start_rollback(deploy, context, RollbackCauseKind.CRASH_LOOP, reason, evidence)
    deploy = report_failures(
        deploy.evolve(pending_confirmation=None), context, ecs_service, new_tasks.stopped
    )
    return StepResult(deploy, delay=context.timing.watch_seconds)


def _holds(deploy: Deploy, ecs_service: ServiceState, reached_at: float, now: float) -> bool:
    """Whether the count is more than a moment: a task that fails its checks is counted until ECS stops it."""
    change = required_change(deploy)
    if not change.is_up:
        return True
    since = (change.scaled_at or 0.0) - CLOCK_MARGIN_SECONDS
    return is_steady(ecs_service, since) or now - reached_at >= HEALTHY_AFTER_SECONDS


def _end_overdue(deploy: Deploy, context: StepContext) -> StepResult:
    """Tasks that do not start are not wanted any more. Those that stop slowly do so without us."""
    reason = messages.overdue(deploy)
    if required_change(deploy).is_up:
        return start_rollback(deploy, context, RollbackCauseKind.OVERDUE, reason)
    return end_deploy(deploy, context, Outcome.FAILED, messages.stops_slowly(deploy, reason))


def _read_new_tasks(deploy: Deploy, context: StepContext, ecs_service: ServiceState) -> NewTasks:
    """Read only if something indicates a failure, and kept up after that."""
    change = required_change(deploy)
    to_start = max(0, change.wanted - (change.before or 0))
    failed = deploy.rollout.counts.failed_tasks
    started = deploy.evolve(rollout={"counts": {"new_desired": to_start, "failed_tasks": failed}})
    if not has_signs_of_failure(started, ecs_service):
        return NewTasks()
    service = deploy.service
    listed = attempt(lambda: tasks.list_service_tasks(context.region, service.cluster, service.ecs_service))
    if isinstance(listed, SlipwayError):
        return NewTasks(stopped=StoppedTasks((), missing_tasks(listed)))
    since = (deploy.ecs.rollout_started_at or 0.0) - CLOCK_MARGIN_SECONDS
    new = with_essential_containers(context, [each for each in listed if (each.created_at or 0.0) >= since])
    return NewTasks(new, StoppedTasks(tuple(each for each in new if each.desired_status == "STOPPED")))
