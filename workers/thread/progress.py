"""How far a deploy is: the bar, the counts and the old tasks that are still alive."""

from __future__ import annotations

from typing import NamedTuple

from deploys.deploy import Deploy, Outcome, Phase, TaskAlive
from deploys.mrkdwn import code, plural
from workers.flows.words import checking, lingering, preparing
from workers.flows.words.measures import duration
from workers.thread.lengths import shorten
from workers.thread.states import ecs_goes_back

BAR_CELLS = 12
ALIVE_SHOWN = 8


COUNTED = frozenset({Phase.FOLLOWING, Phase.LOOKING_ON, Phase.FOLLOWING_BACK})
"""Phases in which ECS counts tasks of both sides."""


class Count(NamedTuple):
    """So many of so many."""

    done: int
    wanted: int
    what: str

    def __str__(self) -> str:
        return f"{self.done} of {self.wanted} {self.what}"


def count(deploy: Deploy) -> Count | None:
    """What the progress bar measures now; None where there is nothing to count."""
    if deploy.outcome is not None:
        return _new_running(deploy) if deploy.outcome is Outcome.SUCCEEDED else None
    if deploy.phase is Phase.DRAINING:
        return _old_stopped(deploy)
    if deploy.phase is Phase.FOLLOWING_BACK or ecs_goes_back(deploy):
        return _old_running(deploy)
    if deploy.phase in (Phase.FOLLOWING, Phase.LOOKING_ON):
        return _new_running(deploy)
    return None


def bar(count: Count) -> str:
    """`▓▓▓▓▓▓▓▓░░░░`. Full only when all is done, empty only when nothing is."""
    share = min(max(count.done / count.wanted, 0.0), 1.0)
    cells = round(share * BAR_CELLS)
    if 0 < share < 1:
        cells = min(max(cells, 1), BAR_CELLS - 1)
    return "▓" * cells + "░" * (BAR_CELLS - cells)


def counts(deploy: Deploy) -> str:
    """Running and pending tasks of both sides; empty outside a rollout."""
    if deploy.outcome is not None or deploy.phase not in COUNTED:
        return ""
    seen = deploy.rollout
    if not (seen.new_desired or seen.old_running or seen.old_pending):
        return "No counts from ECS yet."
    draining = f", {deploy.draining.tasks} not stopped yet" if deploy.draining else ""
    return (
        f"New tasks: {seen.new_running} running, {seen.new_pending} pending, {seen.new_desired} wanted. "
        f"Old tasks: {seen.old_running} running, {seen.old_pending} pending{draining}."
    )


def failures(deploy: Deploy) -> str:
    """New tasks that failed, and how many more ECS's circuit breaker bears; empty when none did."""
    failed = deploy.rollout.failed_tasks
    if not failed:
        return ""
    threshold = deploy.rollout.breaker_threshold
    breaker = f"; at {threshold} ECS's circuit breaker gives up" if threshold and deploy.live else ""
    return f"{plural(failed, 'new task')} failed{breaker}."


def alive(deploy: Deploy, now: float) -> str:
    """The old tasks that have not stopped: id, status and for how long they have been stopping."""
    if not deploy.alive:
        return ""
    lines = [f"{plural(len(deploy.alive), 'old task')} not stopped yet:"]
    lines += [f"• {_one_alive(deploy, task, now)}" for task in deploy.alive[:ALIVE_SHOWN]]
    if len(deploy.alive) > ALIVE_SHOWN:
        lines.append(f"• and {len(deploy.alive) - ALIVE_SHOWN} more")
    return "\n".join(lines)


def downtime(deploy: Deploy, now: float) -> str:
    """Downtime as measured, as it runs, or as planned; empty where there is none."""
    if deploy.downtime is not None:
        return (
            f"Downtime: {duration(deploy.downtime)}, from the request to stop until the full count ran again."
        )
    if deploy.stop_requested_at is not None and deploy.live:
        return f"Downtime so far: {duration(now - deploy.stop_requested_at)} since the request to stop."
    if deploy.plan and deploy.plan.downtime and deploy.live:
        estimate = deploy.plan.downtime_estimate
        about = f"about {duration(estimate)} " if estimate is not None else "some time "
        return f"Planned downtime: {about}in which no task runs."
    return ""


def around(deploy: Deploy, now: float) -> str:
    """The task before the rollout, or the check after it, while it goes on."""
    if deploy.phase is Phase.PREPARING and deploy.one_off is not None:
        return preparing.card_line(deploy, deploy.one_off, now)
    if deploy.phase is Phase.CHECKING and deploy.check is not None:
        return checking.card_line(deploy, deploy.check, now)
    return ""


def _new_running(deploy: Deploy) -> Count | None:
    seen = deploy.rollout
    return Count(seen.new_running, seen.new_desired, "new tasks running") if seen.new_desired > 0 else None


def _old_stopped(deploy: Deploy) -> Count | None:
    if not deploy.alive:
        return None  # nobody has looked yet: the look that finds none alive leads on at once
    known = len(deploy.original.task_arns) if deploy.original else 0
    total = max(known, len(deploy.alive))
    return Count(total - len(deploy.alive), total, "old tasks stopped")


def _old_running(deploy: Deploy) -> Count | None:
    wanted = _wanted_back(deploy)
    running = min(deploy.rollout.old_running, wanted)
    what = "tasks running again" if deploy.original else "old tasks running"
    return Count(running, wanted, what) if wanted > 0 else None


def _wanted_back(deploy: Deploy) -> int:
    if deploy.original:
        return deploy.original.desired_count
    return deploy.plan.desired_count if deploy.plan else 0


def _one_alive(deploy: Deploy, task: TaskAlive, now: float) -> str:
    age = f" for {duration(now - task.since)}" if task.since is not None else ""
    if not task.asked and deploy.stop_requested_at is not None:
        age = f", {duration(now - deploy.stop_requested_at)} after the request to stop"
    held = lingering.why(task, lingering.stop_timeout(deploy), now)
    return (
        f"{code(shorten(task.task_id, 40))} is {code(shorten(task.last_status, 40))}{age}"
        f"{f': {held}' if held else ''}"
    )
