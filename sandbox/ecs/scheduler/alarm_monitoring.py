"""How a deployment watches its CloudWatch alarms. The alarms are moto's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.cloudwatch.models import Alarm, cloudwatch_backends

from sandbox.ecs.records import EcsService, ServiceDeployment
from sandbox.ecs.region import EcsRegion
from sandbox.ecs.scheduler import task_counts


def initial_alarm_state(region: EcsRegion, configuration: dict[str, Any]) -> dict[str, Any]:
    """The alarm fields of a new service deployment.

    If an alarm is already triggered when a deployment starts, ECS ignores the alarms for the whole
    deployment, so that a fix can be deployed (Amazon's guide).
    """
    configured = configuration.get("alarms", {})
    names = tuple(configured.get("alarmNames", ()))
    on = configured.get("enable", False) and not triggered_alarms(region, names)
    return {"alarms": names, "alarm_status": "MONITORING" if on else "DISABLED"}


def is_monitoring(service_deployment: ServiceDeployment | None) -> bool:
    return (
        service_deployment is not None
        and service_deployment.status == "IN_PROGRESS"
        and service_deployment.alarm_status == "MONITORING"
    )


def check_alarms(
    region: EcsRegion, service: EcsService, service_deployment: ServiceDeployment | None
) -> bool:
    """Whether an alarm was triggered, which is stored. If none was, check again soon."""
    if service_deployment is None or not is_monitoring(service_deployment):
        return False
    triggered = triggered_alarms(region, service_deployment.alarms)
    if not triggered:
        region.schedule_reconcile(service.arn, region.durations.alarm_check)
        return False
    region.update_service_deployment(
        service_deployment.arn, alarm_status="TRIGGERED", triggered_alarms=triggered
    )
    return True


def is_baking(region: EcsRegion, service: EcsService, service_deployment: ServiceDeployment | None) -> bool:
    """Whether a rolling update still waits for its alarms: they need some time to be triggered."""
    if service_deployment is None or not is_monitoring(service_deployment) or service_deployment.stages:
        return False
    if service_deployment.lifecycle_stage != "BAKE_TIME":
        minutes: int = service_deployment.configuration["bakeTimeInMinutes"]
        seconds = 60.0 * minutes or longest_evaluation(region, service_deployment.alarms)
        bake_ends = region.now + region.time_scale.seconds(seconds)
        service_deployment = region.update_service_deployment(
            service_deployment.arn, lifecycle_stage="BAKE_TIME", stage_ends=bake_ends
        )
    if service_deployment.stage_ends <= region.now + task_counts.INSTANT_SECONDS:
        return False
    task_counts.reconcile_at(region, service, min(service_deployment.stage_ends, _next_check(region)))
    return True


def _next_check(region: EcsRegion) -> float:
    return region.now + region.time_scale.seconds(region.durations.alarm_check)


def _alarms(region: EcsRegion) -> dict[str, Alarm]:
    return cloudwatch_backends[region.account][region.name].alarms


def triggered_alarms(region: EcsRegion, names: Iterable[str]) -> tuple[str, ...]:
    """The alarms that are in state ALARM. An alarm that does not exist never is."""
    alarms = _alarms(region)
    return tuple(name for name in names if name in alarms and alarms[name].state_value == "ALARM")


def longest_evaluation(region: EcsRegion, names: Iterable[str]) -> float:
    """Seconds that the slowest of the alarms needs to be triggered; 0 if none exists."""
    alarms = _alarms(region)
    found = (alarms[name] for name in names if name in alarms)
    return float(max((alarm.evaluation_periods * (alarm.period or 0) for alarm in found), default=0))
