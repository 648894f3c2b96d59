"""When a rollout takes too long. Pure.

What ECS waits for by configuration (between two shifts of traffic, while it bakes) and what it waits for
people (at a PAUSE hook) is no slowness of the rollout, so it does not count.
"""

from __future__ import annotations

from deploys.deploy import Deploy

LEAST_BACK_SECONDS = 900
"""What a way back gets, however short the service's deadline is (seconds)."""


def overdue(deploy: Deploy, now: float) -> bool:
    """Whether the rollout has used up its deadline."""
    return now - (deploy.started_at or now) > allowed(deploy, now)


def allowed(deploy: Deploy, now: float) -> float:
    """Seconds that the rollout may have taken by now, all in all."""
    return deploy.service.deadline + configured_seconds(deploy) + paused_seconds(deploy, now)


def back_deadline(deploy: Deploy) -> int:
    """How long the way back may take until somebody has to look (seconds)."""
    return max(deploy.service.deadline, LEAST_BACK_SECONDS) + configured_seconds(deploy)


def ecs_overdue(deploy: Deploy, now: float) -> bool:
    """Whether ECS is on its own way back for too long: it began within what the rollout was allowed."""
    since = deploy.started_at or now
    return now - since > allowed(deploy, now) + back_deadline(deploy)


def configured_seconds(deploy: Deploy) -> int:
    """Seconds that ECS waits by configuration, between shifts of traffic and while it bakes."""
    return deploy.plan.traffic.waiting if deploy.plan and deploy.plan.traffic else 0


def paused_seconds(deploy: Deploy, now: float) -> float:
    """Seconds that it stood at PAUSE hooks so far."""
    pauses = deploy.shift.pauses if deploy.shift else ()
    return sum((now if each.ended_at is None else each.ended_at) - each.since for each in pauses)
