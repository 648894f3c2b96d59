"""Strict order of a stop-start deploy: what task records prove, and what is reported about it."""

from __future__ import annotations

from collections.abc import Sequence

from deploys.errors import SlipwayError
from deploys.records.deploy import Deploy
from deploys.records.restore_point import RestorePoint
from deploys.records.thread_messages import ThreadMessageKind
from workers.ecs import tasks
from workers.ecs.state import DeploymentState, TaskState
from workers.flows.best_effort import attempt
from workers.messages import progress, rollback_reasons
from workers.step_context import StepContext


def check_task_order(
    deploy: Deploy, context: StepContext, restore_point: RestorePoint, newer: DeploymentState | None
) -> Deploy:
    """The deploy with the time since when it serves. Tells the channel if a new task ran beside an old
    one.
    """
    service = deploy.service
    recorded = tasks.describe(context.region, service.cluster, restore_point.task_arns)
    listed = {
        t.arn: t for t in tasks.list_service_tasks(context.region, service.cluster, service.ecs_service)
    }
    all_tasks = {**recorded, **listed}.values()
    new = [task for task in all_tasks if task.started_by == deploy.ecs.deployment_id]
    newer_ids = {deploy.ecs.deployment_id, newer.id if newer else None}
    old = [task for task in all_tasks if task.started_by not in newer_ids]
    deploy = deploy.evolve(
        rollout={"serving_at": find_serving_since(new, restore_point.desired_count) or context.now()}
    )
    overlap = measure_overlap(old, new)
    if overlap is not None:
        deploy = deploy.with_message(
            context.now(), ThreadMessageKind.PROBLEM, progress.order_broken(overlap), broadcast=True
        )
    return deploy


def check_ecs_rollback_order(deploy: Deploy, context: StepContext) -> Deploy:
    """Reported in the channel, if ECS ran both versions at once in its own rollback."""
    overlapped = attempt(lambda: _did_versions_overlap(deploy, context), attempts=deploy.retries.attempts)
    if not overlapped:
        return deploy
    text = progress.order_broken_by_ecs()
    if isinstance(overlapped, SlipwayError):
        text = progress.order_not_proven(rollback_reasons.without_retry_promise(overlapped.message))
    return deploy.with_message(context.now(), ThreadMessageKind.PROBLEM, text, broadcast=True)


def _did_versions_overlap(deploy: Deploy, context: StepContext) -> bool:
    """Whether ECS started tasks of the old version before every task of the new one had stopped."""
    service = deploy.service
    recorded = deploy.stop.restore_point.task_arns if deploy.stop.restore_point else ()
    listed = tasks.list_service_tasks(context.region, service.cluster, service.ecs_service)
    new = [task for task in listed if task.started_by == deploy.ecs.deployment_id]
    restored = [t for t in listed if t.started_by != deploy.ecs.deployment_id and t.arn not in recorded]
    return measure_overlap(new, restored) is not None


def measure_overlap(old: Sequence[TaskState], new: Sequence[TaskState]) -> float | None:
    """How long a new task ran while an old one had not stopped (seconds); infinite while an old one runs.

    None if strict order held.
    """
    if not new or not old:
        return None
    starts = [task.started_at for task in new if task.started_at is not None]
    if not starts:
        return None
    first = min(starts)
    if any(task.stopped_at is None for task in old):
        return float("inf")
    seconds = max(task.stopped_at or 0.0 for task in old) - first
    return seconds if seconds > 0 else None


def find_serving_since(new: Sequence[TaskState], count: int) -> float | None:
    """Since when the full count runs: the start of the last of the first `count` tasks."""
    running = [task for task in new if task.last_status == "RUNNING"]
    starts = sorted(task.started_at for task in running if task.started_at is not None)
    return starts[count - 1] if count and len(starts) >= count else None
