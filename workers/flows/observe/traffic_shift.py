"""The traffic of our rollout: stages, weights and pauses, each reported once. Pure."""

from __future__ import annotations

from deploys.records.deploy import Deploy
from deploys.records.thread_messages import ThreadMessageKind
from deploys.records.traffic import TrafficPlan, TrafficShift
from workers.ecs.state import ServiceDeploymentState
from workers.flows.observe.pause_hooks import ask_at_next_pause, close_pause
from workers.messages import traffic as messages

FORWARD_STATUSES = {"PENDING", "IN_PROGRESS", "SUCCESSFUL"}
"""Statuses in which the rollout goes forward (enum ServiceDeploymentStatus)."""
MAX_REPORTED_STEPS = 10
"""If there are more shifts than this, the thread hears of the first and of each quarter (count)."""


def observe_traffic(deploy: Deploy, service_deployment: ServiceDeploymentState | None, now: float) -> Deploy:
    """The deploy with what this read shows of its stages, and a message about what is new."""
    if service_deployment is None:
        return deploy
    traffic = read_traffic_shift(deploy.traffic or TrafficShift(), service_deployment, now)
    deploy = close_pause(
        deploy.evolve(traffic=traffic),
        service_deployment,
        service_deployment.status not in FORWARD_STATUSES,
        now,
    )
    if service_deployment.status not in FORWARD_STATUSES or deploy.cancel or deploy.rollback.cause:
        return deploy
    deploy = report_traffic(deploy, deploy.plan.traffic if deploy.plan else None, now)
    return ask_at_next_pause(deploy, service_deployment, now)


def read_traffic_shift(
    before: TrafficShift, service_deployment: ServiceDeploymentState, now: float
) -> TrafficShift:
    """How far the traffic has moved by this read."""
    moved = (before.stage, before.new_production_percent) != (
        service_deployment.stage,
        service_deployment.production_percent,
    )
    return before.evolve(
        stage=service_deployment.stage,
        stage_since=now if moved else before.stage_since,
        new_production_percent=service_deployment.production_percent,
        new_test_percent=service_deployment.test_percent,
        old_production_percent=service_deployment.source_production_percent,
        alarms=service_deployment.alarms_triggered,
    )


def report_traffic(
    deploy: Deploy, traffic: TrafficPlan | None, now: float, *, joined: bool = False
) -> Deploy:
    """The deploy with messages about what is new of its traffic. joined: it was followed from midway on."""
    shift = deploy.traffic or TrafficShift()
    reports: list[tuple[str, str]] = []
    percent = shift.new_production_percent or 0.0
    if (shift.new_test_percent or 0.0) >= 100 and percent == 0:
        reports.append(("test", messages.test_traffic_shifted()))
    if percent > 0 and _is_worth_reporting(percent, shift, traffic):
        seconds = traffic.step_wait_seconds if traffic and not joined else 0
        reports.append((f"production {percent:g}", messages.production_traffic_shifted(percent, seconds)))
    if shift.stage == "BAKE_TIME" and traffic and traffic.bake_seconds:
        until = shift.stage_since + traffic.bake_seconds
        reports.append(
            (
                "bake",
                messages.bake_under_way(until)
                if joined
                else messages.bake_started(traffic.bake_seconds, until),
            )
        )
    for key, text in reports:
        if key not in shift.reported:
            shift = shift.evolve(reported=(*shift.reported, key))
            deploy = deploy.with_message(now, ThreadMessageKind.PROGRESS, text, traffic=shift)
    return deploy


def _is_worth_reporting(share: float, shift: TrafficShift, traffic: TrafficPlan | None) -> bool:
    if traffic is None or traffic.wait_count < MAX_REPORTED_STEPS:
        return True
    reported = [float(key.split()[1]) for key in shift.reported if key.startswith("production ")]
    return not reported or share // 25 > max(reported) // 25
