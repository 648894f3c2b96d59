"""When a rollout takes too long. Pure.

The time that ECS waits by configuration (between two shifts of traffic, during the bake time) and the time
that it waits for people (at a PAUSE hook) do not count.
"""

from __future__ import annotations

from deploys.pre_task import one_off_task
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase

MIN_ROLLBACK_SECONDS = 900
"""The shortest deadline of a rollback, however short the service's own deadline is (seconds)."""


def is_rollout_overdue(deploy: Deploy, now: float) -> bool:
    """Whether the rollout has used up its deadline."""
    return now - (deploy.ecs.rollout_started_at or now) > allowed_seconds(deploy, now)


def allowed_seconds(deploy: Deploy, now: float) -> float:
    """Seconds that the rollout may have taken by now, waits included."""
    return deploy.service.deadline + configured_wait_seconds(deploy) + paused_seconds(deploy, now)


def rollback_deadline(deploy: Deploy) -> int:
    """How long a rollback may take until somebody has to look (seconds)."""
    return max(deploy.service.deadline, MIN_ROLLBACK_SECONDS) + configured_wait_seconds(deploy)


def deadline_at(deploy: Deploy, now: float) -> float | None:
    """When the deploy is to be looked at although nothing may have happened by then: a deadline of its phase,
    or the end of its question's time (epoch seconds). None: there is none, or a pause moves it."""
    if deploy.phase is Phase.AWAITING_APPROVAL:
        return deploy.approval.expires_at
    if deploy.phase in (Phase.RUNNING_PRE_TASK, Phase.RUNNING_COMMAND):
        task = one_off_task(deploy)
        return deploy.phase_since + task.deadline if task else None
    if deploy.phase is Phase.FOLLOWING_ROLLBACK:
        return deploy.phase_since + rollback_deadline(deploy)
    since = {
        Phase.FOLLOWING: deploy.ecs.rollout_started_at,
        Phase.FOLLOWING_COUNT: deploy.ecs.rollout_started_at,
        Phase.FOLLOWING_EXTERNAL: deploy.phase_since,
    }.get(deploy.phase)
    if since is None or (deploy.traffic is not None and deploy.traffic.open_pause is not None):
        return None
    rolls_back = deploy.phase is Phase.FOLLOWING and deploy.is_rolling_back_in_ecs
    return since + allowed_seconds(deploy, now) + (rollback_deadline(deploy) if rolls_back else 0)


def is_ecs_rollback_overdue(deploy: Deploy, now: float) -> bool:
    """Whether ECS's own rollback takes too long. It began within the time that the rollout was allowed."""
    since = deploy.ecs.rollout_started_at or now
    return now - since > allowed_seconds(deploy, now) + rollback_deadline(deploy)


def configured_wait_seconds(deploy: Deploy) -> int:
    """Seconds that ECS waits by configuration, between shifts of traffic and during the bake time."""
    return deploy.plan.traffic.wait_seconds if deploy.plan and deploy.plan.traffic else 0


def paused_seconds(deploy: Deploy, now: float) -> float:
    """Seconds spent at PAUSE hooks so far."""
    pauses = deploy.traffic.pauses if deploy.traffic else ()
    return sum((now if each.ended_at is None else each.ended_at) - each.since for each in pauses)
