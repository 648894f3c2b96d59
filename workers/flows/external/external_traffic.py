"""The traffic of a rollout that is not ours: stages, weights and pauses, each reported once. Pure.

A pause has no buttons here. Following changes nothing, and the person who started the rollout knows what the
pause is for. `TrafficShift` is the same record as for a rollout of ours, but `deploys.pauses.current_pause`
finds only pauses of ours, so no click can answer this one.
"""

from __future__ import annotations

from deploys.records.deploy import Deploy
from deploys.records.thread_messages import ThreadMessageKind
from deploys.records.traffic import PauseEnd, TrafficShift
from workers.ecs.state import ServiceDeploymentState, ServiceState
from workers.flows.observe.pause_hooks import closed_pause, find_next_pause
from workers.flows.observe.traffic_shift import FORWARD_STATUSES, read_traffic_shift, report_traffic
from workers.messages import external_rollout, pauses


def observe_external_traffic(
    deploy: Deploy,
    ecs_service: ServiceState | None,
    service_deployment: ServiceDeploymentState | None,
    now: float,
) -> Deploy:
    """The deploy with what this read shows, and a message about what is new.

    The strategy in ECS counts, not the one in services.yml: nothing is done here that has to agree with it.
    """
    if service_deployment is None or ecs_service is None or ecs_service.traffic is None:
        return deploy
    joined_midway = deploy.traffic is None
    shift = read_traffic_shift(deploy.traffic or TrafficShift(), service_deployment, now)
    deploy = _close_pause(deploy.evolve(traffic=shift), service_deployment, now)
    if service_deployment.status not in FORWARD_STATUSES or deploy.rollback.cause:
        return deploy
    return _report_next_pause(
        report_traffic(deploy, ecs_service.traffic, now, joined=joined_midway), service_deployment, now
    )


def _close_pause(deploy: Deploy, service_deployment: ServiceDeploymentState, now: float) -> Deploy:
    shift = deploy.traffic or TrafficShift()
    over = closed_pause(shift, service_deployment, service_deployment.status not in FORWARD_STATUSES, now)
    if over is None:
        return deploy
    deploy = deploy.evolve(traffic=shift.with_last_pause(over))
    if service_deployment.status not in FORWARD_STATUSES or over.end is PauseEnd.CLOSED_BY_ECS:
        return deploy  # the rollback reports its own reason
    text = pauses.timed_out(over) if over.end is PauseEnd.TIMED_OUT else external_rollout.continued()
    return deploy.with_message(now, ThreadMessageKind.PROGRESS, text)


def _report_next_pause(deploy: Deploy, service_deployment: ServiceDeploymentState, now: float) -> Deploy:
    """The person who started the rollout answers its pauses, so nobody is asked here."""
    shift = deploy.traffic or TrafficShift()
    pause = find_next_pause(shift, service_deployment, now)
    if pause is None:
        return deploy
    deploy = deploy.evolve(traffic=shift.evolve(pauses=(*shift.pauses, pause)))
    return deploy.with_message(now, ThreadMessageKind.PROGRESS, external_rollout.paused(deploy, pause))
