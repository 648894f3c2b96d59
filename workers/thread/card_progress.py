"""The progress on a card: the bar, the task counts and the old tasks that have not stopped."""

from __future__ import annotations

from typing import NamedTuple

from deploys.formatting import duration
from deploys.mrkdwn import code, plural
from deploys.pre_task import task_phase
from deploys.records.count_change import CountChange
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.restore_point import OldTask
from deploys.text_limits import shorten
from workers.messages import post_check, pre_task, tasks

BAR_CELLS = 12
OLD_TASKS_SHOWN = 8


class TaskCount(NamedTuple):
    """`2 of 3 new tasks running`."""

    done: int
    total: int
    what: str

    def __str__(self) -> str:
        return f"{self.done} of {self.total} {self.what}"


def task_count(deploy: Deploy) -> TaskCount | None:
    """What the progress bar shows now; None if there is nothing to count."""
    if deploy.count_change is not None:
        return _tasks_of_count(deploy, deploy.count_change)
    if deploy.outcome is not None:
        return _new_tasks_running(deploy) if deploy.outcome is Outcome.SUCCEEDED else None
    if deploy.phase is Phase.DRAINING:
        return _old_tasks_stopped(deploy)
    if deploy.phase is Phase.FOLLOWING_ROLLBACK or deploy.is_rolling_back_in_ecs:
        return _old_tasks_running(deploy)
    if deploy.phase in (Phase.FOLLOWING, Phase.FOLLOWING_EXTERNAL):
        return _new_tasks_running(deploy)
    return None


def _tasks_of_count(deploy: Deploy, change: CountChange) -> TaskCount | None:
    """Only while tasks start: a bar that empties would read as a failure."""
    running = deploy.rollout.counts.new_running
    over = deploy.outcome is Outcome.SUCCEEDED
    if not change.wanted or not (over or (deploy.phase is Phase.FOLLOWING_COUNT and change.is_up)):
        return None
    return TaskCount(running, change.wanted, "tasks running")


def progress_bar(count: TaskCount) -> str:
    """`▓▓▓▓▓▓▓▓░░░░`. Full only if everything is done, empty only if nothing is."""
    share = min(max(count.done / count.total, 0.0), 1.0)
    cells = round(share * BAR_CELLS)
    if 0 < share < 1:
        cells = min(max(cells, 1), BAR_CELLS - 1)
    return "▓" * cells + "░" * (BAR_CELLS - cells)


def counts_line(deploy: Deploy) -> str:
    """Running and pending tasks, new and old; empty outside a rollout."""
    if deploy.outcome is not None or not deploy.phase.facts.counts_tasks:
        return ""
    counts = deploy.rollout.counts
    if not (counts.new_desired or counts.old_running or counts.old_pending):
        return "No counts from ECS yet."
    new = f"{counts.new_running} running, {counts.new_pending} pending, {counts.new_desired} desired"
    if deploy.count_change is not None:
        return f"Tasks: {new}."
    draining = f", {deploy.rollout.draining.tasks} not stopped yet" if deploy.rollout.draining else ""
    return (
        f"New tasks: {new}. Old tasks: {counts.old_running} running, {counts.old_pending} pending{draining}."
    )


def failures_line(deploy: Deploy) -> str:
    """New tasks that failed, and at how many ECS's circuit breaker gives up; empty if none failed."""
    failed = deploy.rollout.counts.failed_tasks
    if not failed:
        return ""
    threshold = deploy.rollout.counts.breaker_threshold
    breaker = f"; at {threshold} ECS's circuit breaker gives up" if threshold and deploy.in_progress else ""
    return f"{plural(failed, 'new task')} failed{breaker}."


def old_tasks_lines(deploy: Deploy, now: float) -> str:
    """The old tasks that have not stopped: id, status, and how long they have been stopping."""
    if not deploy.stop.old_tasks:
        return ""
    lines = [f"{plural(len(deploy.stop.old_tasks), 'old task')} not stopped yet:"]
    lines += [f"• {_old_task_line(deploy, task, now)}" for task in deploy.stop.old_tasks[:OLD_TASKS_SHOWN]]
    if len(deploy.stop.old_tasks) > OLD_TASKS_SHOWN:
        lines.append(f"• and {len(deploy.stop.old_tasks) - OLD_TASKS_SHOWN} more")
    return "\n".join(lines)


def downtime_line(deploy: Deploy, now: float) -> str:
    """Downtime as measured, so far, or as planned; empty if there is none."""
    if deploy.downtime_seconds is not None:
        return f"Downtime: {duration(deploy.downtime_seconds)}."
    if deploy.stop.requested_at is not None and deploy.in_progress:
        return f"Downtime so far: {duration(now - deploy.stop.requested_at)}."
    if deploy.plan and deploy.plan.downtime and deploy.in_progress:
        estimate = deploy.plan.downtime_seconds
        return f"Planned downtime: {f'about {duration(estimate)}' if estimate is not None else 'some time'}."
    return ""


def pre_task_or_check_line(deploy: Deploy, now: float) -> str:
    """The task before the rollout or the check after it, while it runs."""
    if deploy.phase is task_phase(deploy) and deploy.pre_task is not None:
        return pre_task.card_line(deploy, deploy.pre_task, now)
    if deploy.phase is Phase.CHECKING and deploy.post_check is not None:
        return post_check.card_line(deploy, deploy.post_check, now)
    return ""


def _new_tasks_running(deploy: Deploy) -> TaskCount | None:
    counts = deploy.rollout.counts
    return (
        TaskCount(counts.new_running, counts.new_desired, "new tasks running")
        if counts.new_desired > 0
        else None
    )


def _old_tasks_stopped(deploy: Deploy) -> TaskCount | None:
    if not deploy.stop.old_tasks:
        return None  # not read yet: a read that finds none ends this phase at once
    known = len(deploy.stop.restore_point.task_arns) if deploy.stop.restore_point else 0
    total = max(known, len(deploy.stop.old_tasks))
    return TaskCount(total - len(deploy.stop.old_tasks), total, "old tasks stopped")


def _old_tasks_running(deploy: Deploy) -> TaskCount | None:
    wanted = _count_to_restore(deploy)
    running = min(deploy.rollout.counts.old_running, wanted)
    what = "tasks running again" if deploy.stop.owns_count else "old tasks running"
    return TaskCount(running, wanted, what) if wanted > 0 else None


def _count_to_restore(deploy: Deploy) -> int:
    if deploy.stop.restore_point:
        return deploy.stop.restore_point.desired_count
    return deploy.plan.desired_count if deploy.plan else 0


def _old_task_line(deploy: Deploy, task: OldTask, now: float) -> str:
    age = f" for {duration(now - task.stopping_since)}" if task.stopping_since is not None else ""
    if not task.stop_requested and deploy.stop.requested_at is not None:
        age = f", {duration(now - deploy.stop.requested_at)} after the request to stop"
    held = tasks.why_not_stopped(task, tasks.stop_timeout(deploy), now)
    return (
        f"{code(shorten(task.task_id, 40))} is {code(shorten(task.last_status, 40))}{age}"
        f"{f': {held}' if held else ''}"
    )
