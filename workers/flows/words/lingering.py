"""Old tasks that do not stop: each by its id, and what holds it."""

from __future__ import annotations

from collections.abc import Mapping

from deploys.deploy import Deploy, TaskAlive
from deploys.mrkdwn import code, plural
from workers.flows.words.measures import duration, when

STOP_TIMEOUT = 30
"""Seconds ECS gives a container to stop unless its definition says otherwise (ECS developer guide)."""
NAMED = 10
"""Tasks that a message names (count)."""

HELD_BY: Mapping[str, str] = {
    "RUNNING": "asked to stop",
    "DEACTIVATING": "ECS prepares its stop; behind a load balancer that takes the deregistration delay",
    "STOPPING": "its containers get {timeout} s to end (stopTimeout)",
    "DEPROVISIONING": "it has ended, ECS takes down its network",
}
"""What happens to a task that was asked to stop, by its lastStatus (ECS guide, "Task lifecycle")."""


def stop_timeout(deploy: Deploy) -> int:
    """Seconds that the old containers get to stop."""
    plan = deploy.plan
    return plan.stop_timeout if plan is not None and plan.stop_timeout is not None else STOP_TIMEOUT


def why(task: TaskAlive, timeout: int, now: float) -> str:
    """What holds a task; empty where its status does not tell."""
    if task.protected:
        left = "" if task.protected_until is None else f" for {duration(task.protected_until - now)} more"
        return f"protected from scale-in{left}, so ECS does not stop it"
    if not task.asked:
        return "ECS has not asked it to stop yet"
    return HELD_BY.get(task.last_status, "").format(timeout=timeout)


def named(task: TaskAlive, timeout: int, now: float) -> str:
    """A task in a sentence: its id, status and what holds it."""
    held = why(task, timeout, now)
    return f"{code(task.task_id)} is {task.last_status}{f' ({held})' if held else ''}"


def take_long(deploy: Deploy, waited: float, until: float, now: float) -> str:
    """Said once. `until` is when the deploy gives up waiting (epoch seconds)."""
    known = len(deploy.original.task_arns) if deploy.original else len(deploy.alive)
    timeout = stop_timeout(deploy)
    lines = [
        f"*Old tasks take long to stop*: {duration(waited)} after the request, {len(deploy.alive)} of "
        f"{plural(max(known, len(deploy.alive)), 'old task')} have not stopped.",
        *(f"• {named(task, timeout, now)}" for task in deploy.alive[:NAMED]),
        *([f"• and {len(deploy.alive) - NAMED} more"] if len(deploy.alive) > NAMED else []),
        f"I wait for them until {when(until)}; then I bring the old version back. I never take a protection "
        "off or kill a task.",
    ]
    if any((task.protected_until or 0.0) > until for task in deploy.alive):
        lines.append("A protection lasts longer than that: unless its task lifts it, this deploy goes back.")
    return "\n".join(lines)
