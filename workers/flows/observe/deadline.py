"""When a rollout takes too long. Pure.

The time that ECS waits by configuration (between two shifts of traffic, during the bake time) and the time
that it waits for people (at a PAUSE hook) do not count.
"""

from __future__ import annotations

from deploys.records.deploy import Deploy

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
