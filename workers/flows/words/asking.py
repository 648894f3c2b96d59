"""The plan, the question about it, and its answers."""

from __future__ import annotations

from collections.abc import Sequence

from deploys.deploy import ContainerChange, Deploy, Plan, Verb
from deploys.mrkdwn import code, mention, mentions, plural
from workers.flows.words import scaling
from workers.flows.words.measures import duration, short, when


def plan(deploy: Deploy, plan: Plan) -> str:
    """The plan, before anything is changed."""
    lines = [f"*Plan* for {code(deploy.service.name)}:"]
    lines += [f"• container {code(change.container)}: {_images(change)}" for change in plan.changes]
    if plan.digest:
        pushed = f", pushed {when(plan.pushed_at)}" if plan.pushed_at else ""
        lines.append(f"• image digest {code(plan.digest[:19])}{pushed}")
    else:
        lines.append("• the image is not in a private ECR repository, so I cannot check that it exists")
    lines.append(
        f"• {plural(plan.desired_count, 'task')} before and after; "
        f"revision {code(short(plan.old_revision))} runs now"
    )
    if plan.downtime:
        estimate = f", about {duration(plan.downtime_estimate)}" if plan.downtime_estimate else ""
        lines.append(
            f"• *downtime{estimate}*: every old task is stopped, and proven stopped, before a new one starts"
        )
        if plan.scaling:
            lines.append(f"• {scaling.planned(plan.scaling)}")
    else:
        lines.append(
            f"• {'no downtime' if plan.minimum_healthy_percent else 'tasks may be 0 for a while'}: "
            f"ECS keeps {plan.minimum_healthy_percent or 0} to {plan.maximum_percent or 0} percent of the "
            "tasks while it replaces them"
        )
    return "\n".join(lines)


def _images(change: ContainerChange) -> str:
    if change.old_image == change.new_image:
        return f"{code(change.new_image)}, as now, in new tasks"
    return f"{code(change.old_image)} → {code(change.new_image)}"


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


def replanned(deploy: Deploy) -> str:
    """The plan that was approved no longer stands."""
    return (
        "The service changed after the plan was shown, so earlier answers do not count. The new plan:\n"
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
