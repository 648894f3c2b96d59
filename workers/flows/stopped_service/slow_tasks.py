"""Old tasks that do not stop: which they are, what keeps them, and for which a rollback does not wait.

A rollback does not wait for a protected old task: ECS never stops it, so it counts towards the count that is
set again. That holds while the service keeps its revision; a task of another revision is waited for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deploys.records.deploy import Deploy
from deploys.records.restore_point import OldTask
from deploys.records.thread_messages import Notice, ThreadMessageKind
from workers.ecs import tasks
from workers.ecs.state import ServiceState, TaskState
from workers.ecs.tasks import TaskProtection
from workers.flows.best_effort import best_effort
from workers.flows.own_revisions import is_recorded_revision
from workers.messages import tasks as messages
from workers.step_context import StepContext

GRACE_SECONDS = 60.0
"""Beyond its stopTimeout, before a task counts as slow (seconds)."""
DEREGISTRATION_SECONDS = 300.0
"""How long a task takes to leave a target group by default (Elastic Load Balancing guide, "Deregistration
delay"; seconds).
"""
NOT_ASKED_SECONDS = 60.0
"""A task that ECS has not asked to stop after this long is protected, whether or not that can be read
(seconds).
"""
PROTECTION_MARGIN_SECONDS = 60.0
"""A protection that ends sooner than this may be over before the next call arrives (seconds)."""

Protections = Mapping[str, TaskProtection] | None
"""By ARN. None if AWS does not tell."""


def read_protections(deploy: Deploy, context: StepContext, known: Sequence[TaskState]) -> Protections:
    """The protection of those tasks that ECS did not ask to stop. No call if it asked all of them."""
    not_asked = [task.arn for task in known if _is_not_asked_to_stop(task)]
    if not not_asked:
        return {}
    # It only explains a wait, so a failed read must not end the step.
    return best_effort(lambda: tasks.read_protection(context.region, deploy.service.cluster, not_asked), None)


def list_running_tasks(known: Sequence[TaskState], protected: Protections) -> tuple[OldTask, ...]:
    """The tasks that have not stopped, with what keeps each. Pure."""
    return tuple(_old_task(task, (protected or {}).get(task.arn)) for task in known if not _is_stopped(task))


def list_blocking_tasks(
    deploy: Deploy, ecs_service: ServiceState, known: Sequence[TaskState], protected: Protections, now: float
) -> tuple[TaskState, ...]:
    """The tasks that have to stop before the old version may be started again. Pure.

    A protected old task, which ECS does not stop, counts towards the desired count when that is set again, so
    nothing starts in its place. That holds while the service still has that task's revision: another one
    means a new deployment, in which every task is replaced.
    """
    since = deploy.stop.requested_at or deploy.phase_since
    return tuple(
        task
        for task in known
        if not _is_stopped(task)
        and not (
            task.revision == ecs_service.revision
            and is_recorded_revision(deploy, ecs_service.revision)
            and _keeps_running(task, protected, now, waited=now - since)
        )
    )


def report_slow_tasks(deploy: Deploy, context: StepContext) -> Deploy:
    """Reports once that old tasks take longer to stop than they should, and what follows."""
    now = context.now()
    waited = now - (deploy.stop.requested_at or now)
    is_late = any(waited > expected_stop_seconds(deploy, task) for task in deploy.stop.old_tasks)
    if not is_late or deploy.has_notice(Notice.SLOW_OLD_TASKS):
        return deploy
    text = messages.old_tasks_slow(deploy, waited, deploy.phase_since + deploy.service.deadline, now)
    return deploy.with_message(now, ThreadMessageKind.PROBLEM, text).with_notice(Notice.SLOW_OLD_TASKS)


def expected_stop_seconds(deploy: Deploy, task: OldTask) -> float:
    """How long after the request this task should have stopped. Pure."""
    leaving = DEREGISTRATION_SECONDS if task.last_status == "DEACTIVATING" else 0.0
    return messages.stop_timeout(deploy) + leaving + GRACE_SECONDS


def _keeps_running(task: TaskState, protected: Protections, now: float, waited: float) -> bool:
    if not _is_not_asked_to_stop(task) or task.last_status != "RUNNING":
        return False
    if protected is None:
        return waited > NOT_ASKED_SECONDS
    found = protected.get(task.arn, TaskProtection(enabled=False))
    return found.enabled and (found.until is None or found.until - now > PROTECTION_MARGIN_SECONDS)


def _old_task(task: TaskState, found: TaskProtection | None) -> OldTask:
    is_protected = found is not None and found.enabled
    return OldTask(
        task_id=task.id,
        last_status=task.last_status,
        stopping_since=task.stopping_at,
        stop_requested=not _is_not_asked_to_stop(task),
        protected=is_protected,
        protected_until=found.until if found is not None and is_protected else None,
    )


def _is_not_asked_to_stop(task: TaskState) -> bool:
    return not _is_stopped(task) and task.desired_status == "RUNNING"


def _is_stopped(task: TaskState) -> bool:
    return task.last_status == "STOPPED"
