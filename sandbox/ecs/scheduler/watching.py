"""A deployment watches its CloudWatch alarms."""

from __future__ import annotations

from typing import Any

from sandbox.ecs import alarms
from sandbox.ecs.records import Service, ServiceDeployment
from sandbox.ecs.region import Region
from sandbox.ecs.scheduler import staffing


def terms(region: Region, configuration: dict[str, Any]) -> dict[str, Any]:
    """How a new deployment watches.

    An alarm that rings already when a deployment starts makes ECS ignore the alarms for as long as
    the deployment lasts, so that a fix can be deployed (Amazon's guide).
    """
    configured = configuration.get("alarms", {})
    names = tuple(configured.get("alarmNames", ()))
    on = configured.get("enable", False) and not alarms.ringing(region, names)
    return {"alarms": names, "alarm_status": "MONITORING" if on else "DISABLED"}


def watches(story: ServiceDeployment | None) -> bool:
    return story is not None and story.status == "IN_PROGRESS" and story.alarm_status == "MONITORING"


def rings(region: Region, service: Service, story: ServiceDeployment | None) -> bool:
    """Whether an alarm has gone off, which is noted; where none has, look again soon."""
    if story is None or not watches(story):
        return False
    rung = alarms.ringing(region, story.alarms)
    if not rung:
        region.look_at(service.arn, region.lifetimes.alarm_check)
        return False
    region.update_service_deployment(story.arn, alarm_status="TRIGGERED", alarms_rung=rung)
    return True


def still_bakes(region: Region, service: Service, story: ServiceDeployment | None) -> bool:
    """A rolling update that watches alarms goes on until they have had the time to ring."""
    if story is None or not watches(story) or story.stages:
        return False
    if story.lifecycle_stage != "BAKE_TIME":
        minutes: int = story.configuration["bakeTimeInMinutes"]
        seconds = 60.0 * minutes or alarms.longest_evaluation(region, story.alarms)
        ends = region.now + region.pace.seconds(seconds)
        story = region.update_service_deployment(story.arn, lifecycle_stage="BAKE_TIME", stage_ends=ends)
    if story.stage_ends <= region.now + staffing.INSTANT:
        return False
    staffing.look_again(region, service, min(story.stage_ends, _next_check(region)))
    return True


def _next_check(region: Region) -> float:
    return region.now + region.pace.seconds(region.lifetimes.alarm_check)
