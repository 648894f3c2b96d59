"""The plan, the question about it, and its answers."""

from __future__ import annotations

from collections.abc import Sequence

from deploys.deploy import ContainerChange, Deploy, Plan, Verb
from deploys.mrkdwn import code, mention, mentions, plural
from workers.flows.words import checking, images, preparing, scaling
from workers.flows.words.measures import duration, short
from workers.flows.words.shifting import strategy

LONG_GRACE_SECONDS = 300
"""A health check grace period from which on the plan names it."""


def plan(deploy: Deploy, plan: Plan) -> str:
    """The plan, before anything is changed."""
    lines = [f"*Plan* for {code(deploy.service.name)}:"]
    lines += [f"• container {code(change.container)}: {_images(change, plan)}" for change in plan.changes]
    lines += [f"• {line}" for line in (images.found(plan), *images.pinned(plan))]
    lines.append(
        f"• {scaling.count(plan)} before and after; revision {code(short(plan.old_revision))} runs now"
    )
    if plan.traffic is not None:
        lines += [f"• {line}" for line in strategy(plan, plan.traffic, deploy.service)]
    elif plan.downtime:
        estimate = f", about {duration(plan.downtime_estimate)}" if plan.downtime_estimate else ""
        lines.append(
            f"• *downtime{estimate}*: every old task is stopped, and proven stopped, before a new one starts"
        )
        if plan.scaling:
            lines.append(f"• {scaling.planned(plan.scaling)}")
    else:
        lines.append(f"• {replaced(plan)}")
    lines += [f"• {line}" for line in (*grace(deploy, plan), *express_mode(plan))]
    lines += [f"• {line}" for line in (*preparing.planned(deploy, plan), *checking.planned(deploy))]
    return "\n".join(lines)


def replaced(plan: Plan) -> str:
    """What ECS keeps running while it replaces the tasks."""
    least, most = plan.minimum_healthy_percent or 0, plan.maximum_percent or 0
    return (
        f"{'no downtime' if least else 'tasks may be 0 for a while'}: ECS keeps {least} to {most} percent of "
        "the tasks while it replaces them"
    )


def grace(deploy: Deploy, plan: Plan) -> list[str]:
    """What a long health check grace period hides; nothing where it is short."""
    if plan.grace_seconds < LONG_GRACE_SECONDS:
        return []
    said = (
        f"for its first {duration(plan.grace_seconds)} a new task's failed load balancer checks count for "
        "nothing (the ECS service's health check grace period), so a bad version shows late"
    )
    if plan.grace_seconds < deploy.service.deadline:
        return [said]
    deadline = duration(deploy.service.deadline)
    return [f"{said}, or not at all before the deadline of {deadline}, when I roll it back"]


def express_mode(plan: Plan) -> list[str]:
    """Who else may set the revision; nothing if nobody else manages the service."""
    if not plan.express:
        return []
    return [
        "ECS Express Mode manages this service: its next update that sets an image, or a task definition, "
        "replaces what this deploy sets"
    ]


def _images(change: ContainerChange, plan: Plan) -> str:
    if change.old_image == change.new_image:
        return f"{images.new(change, plan)}, as now, in new tasks"
    return f"{images.old(change, plan)} → {images.new(change, plan)}"


def asks_for(deploy: Deploy) -> str:
    """What somebody asks to do: `deploy web 1.4.2`, with the names in code spans."""
    service = code(deploy.service.name)
    if deploy.verb is Verb.RESTART:
        return f"restart {service}"
    if deploy.verb is Verb.ROLLBACK:
        return f"roll {service} back to {code(deploy.tag)}"
    return f"deploy {service} {code(deploy.tag)}"


def question(deploy: Deploy, expires_in: float) -> str:
    """Asks for approval."""
    needed = plural(deploy.service.approvals, "approval")
    downtime = " This means downtime." if deploy.plan and deploy.plan.downtime else ""
    return (
        f"{mentions(deploy.service.approvers)}: {mention(deploy.requester)} asks to "
        f"{asks_for(deploy)}.{downtime} It needs {needed}, by the buttons on "
        f"the card above, within {duration(expires_in)}."
    )


def replanned(deploy: Deploy, why: str = "") -> str:
    """The plan that was approved no longer stands."""
    changed = f" {why}" if why else ""
    return (
        f"The service changed after the plan was shown, so earlier answers do not count.{changed} "
        "The new plan:\n"
        f"{plan(deploy, deploy.plan) if deploy.plan else ''}"
    )


def approved(users: Sequence[str]) -> str:
    """Enough people said yes."""
    return f"Approved by {mentions(tuple(users))}."


def access_lost(user: str) -> str:
    return f"The answer of {mention(user)} does not count: they may no longer decide about this service."


def rejected(user: str) -> str:
    return f"Rejected by {mention(user)}. Nothing was changed."


def expired(after: float) -> str:
    return f"Nobody decided within {duration(after)}, so the question is closed. Nothing was changed."


def withdrawn(user: str) -> str:
    return f"Cancelled by {mention(user)} before anything was changed."
