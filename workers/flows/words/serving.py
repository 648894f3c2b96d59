"""Whether the new tasks serve, and what is left of the old ones."""

from __future__ import annotations

from deploys.deploy import Deploy
from deploys.mrkdwn import plural
from workers.flows.words.measures import duration


def serving(deploy: Deploy, old: int) -> str:
    seen = deploy.rollout
    took = duration((deploy.serving_at or deploy.requested_at) - deploy.requested_at)
    return (
        f"*Serving*: {seen.new_running} of {plural(seen.new_desired, 'new task')} run, after {took}. "
        f"{not_stopped(old)}."
    )


def not_stopped(old: int) -> str:
    """`2 old tasks still drain`: they take no new work, and finish what they have."""
    return f"{plural(old, 'old task')} still {'drains' if old == 1 else 'drain'}"


def running(deploy: Deploy) -> str:
    """`3 tasks running`; where ECS calls less than all a success, how many of how many."""
    seen = deploy.rollout
    if seen.new_running >= seen.new_desired:
        return f"{plural(seen.new_running, 'task')} running"
    if deploy.check is not None:
        return f"{seen.new_running} of {plural(seen.new_desired, 'task')} running now"
    percent = 100 * seen.new_running // seen.new_desired
    return (
        f"{seen.new_running} of {plural(seen.new_desired, 'new task')} running ({percent} %), which is "
        "enough for ECS to call it successful"
    )


def at_end(deploy: Deploy) -> str:
    """When it served, and whether the old tasks are gone. Nothing is waited for."""
    if deploy.draining is None:
        return ""
    old = deploy.draining.tasks
    rest = "all old tasks have stopped" if not old else f"{plural(old, 'old task')} not stopped yet"
    if deploy.serving_at is None:
        return f" {rest[0].upper()}{rest[1:]}."
    return f" It served after {duration(deploy.serving_at - deploy.requested_at)}; {rest}."
