"""What is seen of a deployment that shifts traffic: its stage, weights and pauses, each told once. Pure."""

from __future__ import annotations

from deploys.catalogue.service import Strategy
from deploys.deploy import Deploy, MilestoneKind
from deploys.traffic import Shift, TrafficPlan
from workers.ecs.seen import ServiceDeploymentSeen
from workers.flows.pauses import close_pause, open_next
from workers.flows.words import shifting as words

FORWARD = {"PENDING", "IN_PROGRESS", "SUCCESSFUL"}
"""Statuses in which a stage is one of the way forward (enum ServiceDeploymentStatus)."""
FEW_STEPS = 10
"""Of more shifts than this, the thread is told the first and each quarter (count)."""


def observe(deploy: Deploy, own: ServiceDeploymentSeen | None, now: float) -> Deploy:
    """The deploy with what this look shows of its stages, and what of it is new said."""
    if own is None or deploy.service.strategy is not Strategy.NATIVE:
        return deploy
    seen = looked_at(deploy.shift or Shift(), own, now)
    deploy = close_pause(deploy.evolve(shift=seen), own, own.status not in FORWARD, now)
    if own.status not in FORWARD or deploy.cancel or deploy.reason:
        return deploy
    deploy = told(deploy, deploy.plan.traffic if deploy.plan else None, now)
    return open_next(deploy, own, now)


def looked_at(before: Shift, own: ServiceDeploymentSeen, now: float) -> Shift:
    """Where the move of the traffic is by this look."""
    moved = (before.stage, before.production) != (own.stage, own.production)
    return before.evolve(
        stage=own.stage,
        stage_since=now if moved else before.stage_since,
        production=own.production,
        test=own.test,
        kept=own.source_production,
        alarms=own.alarms_triggered,
    )


def told(deploy: Deploy, traffic: TrafficPlan | None, now: float, *, joined: bool = False) -> Deploy:
    """The deploy with what is new of its traffic said. joined: nobody saw when the present stage began."""
    shift = deploy.shift or Shift()
    news: list[tuple[str, str]] = []
    share = shift.production or 0.0
    if (shift.test or 0.0) >= 100 and share == 0:
        news.append(("test", words.test_traffic()))
    if share > 0 and _worth_telling(share, shift, traffic):
        wait = traffic.step_wait if traffic and not joined else 0
        news.append((f"production {share:g}", words.production(share, wait)))
    if shift.stage == "BAKE_TIME" and traffic and traffic.bake:
        until = shift.stage_since + traffic.bake
        news.append(("bake", words.baking_on(until) if joined else words.baking(traffic.bake, until)))
    for key, text in news:
        if key not in shift.told:
            shift = shift.evolve(told=(*shift.told, key))
            deploy = deploy.saying(now, MilestoneKind.PROGRESS, text, shift=shift)
    return deploy


def _worth_telling(share: float, shift: Shift, traffic: TrafficPlan | None) -> bool:
    if traffic is None or traffic.waits < FEW_STEPS:
        return True
    told = [float(key.split()[1]) for key in shift.told if key.startswith("production ")]
    return not told or share // 25 > max(told) // 25
