"""The plan, the question about it, and its answers."""

from __future__ import annotations

from collections.abc import Sequence

from deploys.deploy_text import planned_count
from deploys.formatting import duration, revision_name
from deploys.mrkdwn import code, mention, mentions, plural
from deploys.records.deploy import Deploy
from deploys.records.plan import ContainerChange, Plan
from deploys.records.request import Verb
from workers.messages import base_revision, images, post_check, pre_task, scaling
from workers.messages.traffic import plan_lines

LONG_GRACE_PERIOD_SECONDS = 300
"""A health check grace period from which on the plan names it."""


def plan_text(deploy: Deploy, plan: Plan) -> str:
    """The plan, before anything is changed."""
    lines = [f"*Plan* for {code(deploy.service.name)}:"]
    lines += [
        f"• container {code(change.container)}: {_image_change(change, plan)}" for change in plan.changes
    ]
    lines += [f"• {line}" for line in (images.registry_facts(deploy, plan), *images.pin_lines(deploy, plan))]
    lines.append(
        f"• {planned_count(plan)} before and after; revision {code(revision_name(plan.old_revision))} runs now"
    )
    if plan.traffic is not None:
        lines += [f"• {line}" for line in plan_lines(plan, plan.traffic, deploy.service)]
    elif plan.downtime:
        estimate = f", about {duration(plan.downtime_seconds)}" if plan.downtime_seconds else ""
        lines.append(
            f"• *downtime{estimate}*: every old task is stopped, and proven stopped, before a new one starts"
        )
        if plan.scaling:
            lines.append(f"• {scaling.plan_line(plan.scaling)}")
    else:
        lines += [f"• {line}" for line in (replacement_line(plan), *scaling.blocked_lines(plan))]
    lines += [f"• {line}" for line in base_revision.plan_lines(deploy, plan)]
    lines += [f"• {line}" for line in (*grace_period_lines(deploy, plan), *express_mode_lines(plan))]
    lines += [f"• {line}" for line in (*pre_task.plan_lines(deploy, plan), *post_check.plan_lines(deploy))]
    return "\n".join(lines)


def replacement_line(plan: Plan) -> str:
    """What ECS keeps running while it replaces the tasks."""
    least, most = plan.minimum_healthy_percent or 0, plan.maximum_percent or 0
    return (
        f"{'no downtime' if least else 'tasks may be 0 for a while'}: ECS keeps {least} to {most} percent of "
        "the tasks while it replaces them"
    )


def grace_period_lines(deploy: Deploy, plan: Plan) -> list[str]:
    """What a long health check grace period hides; nothing where it is short."""
    if plan.grace_seconds < LONG_GRACE_PERIOD_SECONDS:
        return []
    said = (
        f"for its first {duration(plan.grace_seconds)} a new task's failed load balancer checks count for "
        "nothing (the ECS service's health check grace period), so a bad version shows late"
    )
    if plan.grace_seconds < deploy.service.deadline:
        return [said]
    deadline = duration(deploy.service.deadline)
    return [f"{said}, or not at all before the deadline of {deadline}, when I roll it back"]


def express_mode_lines(plan: Plan) -> list[str]:
    """Who else may set the revision; nothing if nobody else manages the service."""
    if not plan.express:
        return []
    return [
        "ECS Express Mode manages this service: its next update that sets an image, or a task definition, "
        "replaces what this deploy sets"
    ]


def _image_change(change: ContainerChange, plan: Plan) -> str:
    if change.old_image == change.new_image:
        return f"{images.new_image(change, plan)}, as now, in new tasks"
    return f"{images.old_image(change, plan)} → {images.new_image(change, plan)}"


def request_text(deploy: Deploy) -> str:
    """What somebody asks to do: `deploy web 1.4.2`, with the names in code spans."""
    service = code(deploy.service.name)
    if deploy.verb is Verb.RESTART:
        return f"restart {service}"
    if deploy.verb is Verb.ROLLBACK:
        return f"roll {service} back to {code(deploy.tag)}"
    return f"deploy {service} {code(deploy.tag)}"


def question(deploy: Deploy) -> str:
    """Asks for approval. The card says until when: it may be shown later than this is written."""
    needed = plural(deploy.service.approvals, "approval")
    downtime = " This means downtime." if deploy.plan and deploy.plan.downtime else ""
    return (
        f"{mentions(deploy.service.approvers)}: {mention(deploy.request.requester)} asks to "
        f"{request_text(deploy)}.{downtime} It needs {needed}, by the buttons on "
        f"the card above, which stay open for {duration(deploy.service.approval_expiry)}."
    )


def plan_changed(deploy: Deploy, why: str = "") -> str:
    """The plan that was approved no longer stands."""
    changed = f" {why}" if why else ""
    return (
        f"The service changed after the plan was shown, so earlier answers do not count.{changed} "
        "The new plan:\n"
        f"{plan_text(deploy, deploy.plan) if deploy.plan else ''}"
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


def question_never_shown(after: float) -> str:
    return (
        f"I could not show the question in Slack for {duration(after)}, so nobody could decide, and other "
        "deploys of the service do not wait for it any longer. Nothing was changed. Invite me to the channel "
        "if I am not in it, and ask again."
    )


def withdrawn(user: str) -> str:
    return f"Cancelled by {mention(user)} before anything was changed."
