"""What a deploy is about to do."""

from __future__ import annotations

from deploys.deploy_text import planned_count
from deploys.formatting import duration
from deploys.mrkdwn import code
from deploys.records.deploy import Deploy
from deploys.records.plan import ContainerChange, Plan
from deploys.short_names import short_arn
from workers.messages import base_revision, count_change, images, post_check, pre_task, scaling, traffic

LONG_GRACE_PERIOD_SECONDS = 300
"""The shortest health check grace period that the plan mentions (seconds)."""


def plan_text(deploy: Deploy, plan: Plan, *, in_ecr: bool, blocked: str = "") -> str:
    """The plan, before anything is changed. in_ecr as in `registry_line`, blocked as in `strategy_lines`."""
    if deploy.count_change is not None:
        return count_change.plan_text(deploy, plan)
    if deploy.command is not None:
        return pre_task.command_plan(deploy, plan)
    running = code(short_arn(plan.old_revision))
    lines = [
        *(f"container {code(change.container)}: {_image_change(change, plan)}" for change in plan.changes),
        images.registry_line(deploy, plan, in_ecr=in_ecr),
        *images.pin_lines(deploy, plan),
        f"{planned_count(plan)} before and after; revision {running} runs now",
        *strategy_lines(deploy, plan, blocked),
        *base_revision.plan_lines(deploy, plan),
        *grace_period_lines(deploy, plan),
        *express_mode_lines(plan),
        *pre_task.plan_lines(deploy, plan),
        *post_check.plan_lines(deploy),
    ]
    return "\n".join([f"*Plan* for {code(deploy.service.name)}:", *(f"• {line}" for line in lines)])


def strategy_lines(deploy: Deploy, plan: Plan, blocked: str = "") -> list[str]:
    """How the new tasks replace the old ones. blocked: why ECS could not at a lower count, or empty."""
    if plan.traffic is not None:
        return traffic.plan_lines(plan, plan.traffic, deploy.service)
    if not plan.downtime:
        return [replacement_line(plan), *filter(None, [blocked])]
    estimate = f", about {duration(plan.downtime_seconds)}" if plan.downtime_seconds else ""
    stops = f"*downtime{estimate}*: every old task is stopped, and proven stopped, before a new one starts"
    return [stops, scaling.plan_line(plan.scaling)] if plan.scaling else [stops]


def replacement_line(plan: Plan) -> str:
    """What ECS keeps running while it replaces the tasks."""
    downtime = "no downtime" if plan.minimum_healthy_percent else "tasks may be 0 for a while"
    return f"{downtime}: ECS keeps {kept_percent(plan)} of the tasks while it replaces them"


def kept_percent(plan: Plan) -> str:
    """`100 to 200 percent`"""
    return f"{plan.minimum_healthy_percent or 0} to {plan.maximum_percent or 0} percent"


def grace_period_lines(deploy: Deploy, plan: Plan) -> list[str]:
    """What a long health check grace period hides; empty if it is short."""
    if plan.grace_seconds < LONG_GRACE_PERIOD_SECONDS:
        return []
    text = (
        f"for its first {duration(plan.grace_seconds)} a new task's failed load balancer checks count for "
        "nothing (the ECS service's health check grace period), so a bad version shows late"
    )
    if plan.grace_seconds < deploy.service.deadline:
        return [text]
    deadline = duration(deploy.service.deadline)
    return [f"{text}, or not at all before the deadline of {deadline}, when I roll it back"]


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
