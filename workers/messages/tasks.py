"""Tasks: whether the new ones serve, and which old ones have not stopped."""

from __future__ import annotations

from collections.abc import Mapping

from deploys.formatting import duration, slack_time
from deploys.mrkdwn import code, escape_line, plural
from deploys.records.deploy import Deploy
from deploys.records.restore_point import OldTask


def new_tasks_serving(deploy: Deploy, old: int) -> str:
    counts = deploy.rollout.counts
    took = duration((deploy.rollout.serving_at or deploy.request.requested_at) - deploy.request.requested_at)
    return (
        f"*Serving*: {counts.new_running} of {plural(counts.new_desired, 'new task')} run, after {took}. "
        f"{old_tasks_draining(old)}."
    )


def old_tasks_draining(old: int) -> str:
    """`2 old tasks are still draining`: they take no new work and finish what they have."""
    return f"{plural(old, 'old task')} {'is' if old == 1 else 'are'} still draining"


def running_count(deploy: Deploy) -> str:
    """`3 tasks running`; if ECS calls less than all a success, how many of how many."""
    counts = deploy.rollout.counts
    if counts.new_running >= counts.new_desired:
        return f"{plural(counts.new_running, 'task')} running"
    if deploy.post_check is not None:
        return f"{counts.new_running} of {plural(counts.new_desired, 'task')} running now"
    percent = 100 * counts.new_running // counts.new_desired
    return (
        f"{counts.new_running} of {plural(counts.new_desired, 'new task')} running ({percent} %), which is "
        "enough for ECS to call it successful"
    )


def serving_summary(deploy: Deploy) -> str:
    """When the new tasks served, and whether the old ones have stopped."""
    if deploy.rollout.draining is None:
        return ""
    old = deploy.rollout.draining.tasks
    rest = "all old tasks have stopped" if not old else f"{plural(old, 'old task')} not stopped yet"
    if deploy.rollout.serving_at is None:
        return f" {rest[0].upper()}{rest[1:]}."
    return f" It served after {duration(deploy.rollout.serving_at - deploy.request.requested_at)}; {rest}."


DEFAULT_STOP_TIMEOUT = 30
"""Seconds ECS gives a container to stop unless its definition says otherwise (ECS developer guide)."""
TASKS_SHOWN = 10
"""Tasks that a message names (count)."""

STATUS_REASONS: Mapping[str, str] = {
    "RUNNING": "asked to stop",
    "DEACTIVATING": "ECS prepares to stop it; behind a load balancer this takes the deregistration delay",
    "STOPPING": "its containers get {timeout} s to end (stopTimeout)",
    "DEPROVISIONING": "it has ended, ECS removes its network",
}
"""What happens to a task that was asked to stop, by its lastStatus (ECS guide, "Task lifecycle")."""


def stop_timeout(deploy: Deploy) -> int:
    """Seconds that the old containers get to stop."""
    plan = deploy.plan
    return plan.stop_timeout if plan is not None and plan.stop_timeout is not None else DEFAULT_STOP_TIMEOUT


def why_not_stopped(task: OldTask, timeout: int, now: float) -> str:
    """Why a task has not stopped; empty if its status does not say."""
    if task.protected:
        remaining = (
            "" if task.protected_until is None else f" for {duration(task.protected_until - now)} more"
        )
        return f"protected from scale-in{remaining}, so ECS does not stop it"
    if not task.stop_requested:
        return "ECS has not asked it to stop yet"
    return STATUS_REASONS.get(task.last_status, "").format(timeout=timeout)


def describe_task(task: OldTask, timeout: int, now: float) -> str:
    """A task's id, status and why it has not stopped."""
    held = why_not_stopped(task, timeout, now)
    return f"{code(task.task_id)} is {escape_line(task.last_status)}{f' ({held})' if held else ''}"


def old_tasks_slow(deploy: Deploy, waited: float, until: float, now: float) -> str:
    """until: when the deploy stops waiting (epoch seconds)."""
    known = (
        len(deploy.stop.restore_point.task_arns) if deploy.stop.restore_point else len(deploy.stop.old_tasks)
    )
    timeout = stop_timeout(deploy)
    lines = [
        f"*Old tasks are slow to stop*: {duration(waited)} after the request, {len(deploy.stop.old_tasks)} "
        f"of {plural(max(known, len(deploy.stop.old_tasks)), 'old task')} have not stopped.",
        *(f"• {describe_task(task, timeout, now)}" for task in deploy.stop.old_tasks[:TASKS_SHOWN]),
        *(
            [f"• and {len(deploy.stop.old_tasks) - TASKS_SHOWN} more"]
            if len(deploy.stop.old_tasks) > TASKS_SHOWN
            else []
        ),
        f"I wait for them until {slack_time(until)}; then I roll back. I never remove a protection or kill "
        "a task.",
    ]
    if any((task.protected_until or 0.0) > until for task in deploy.stop.old_tasks):
        lines.append(
            "A protection lasts longer than that: unless its task removes it, this deploy is rolled back."
        )
    return "\n".join(lines)
