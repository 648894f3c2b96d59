"""Service deployments: the stories that deployments tell, and how they end."""

from __future__ import annotations

from sandbox.ecs.records import Deployment, ServiceDeployment
from sandbox.ecs.region import Region
from sandbox.ecs.scheduler.hooks import called_off

ALARM_ROLLED_BACK = "Service deployment rolled back because a CloudWatch alarm was triggered."
ALARM_STOPPED = "Service deployment stopped because a CloudWatch alarm was triggered."
BREAKER_ROLLED_BACK = "Service deployment rolled back because the circuit breaker threshold was exceeded."
BREAKER_STOPPED = "Service deployment stopped because the circuit breaker threshold was exceeded."
HOOK_ROLLED_BACK = "Service deployment rolled back because a lifecycle hook did not succeed."
NO_CANDIDATE = "No rollback candidate was found to run the rollback."
SUPERSEDED = "Service deployment stopped because a newer service deployment was started."
ROLLED_BACK_ON_REQUEST = "Service deployment rolled back because of a StopServiceDeployment request."
STOPPED_ON_REQUEST = "Service deployment stopped because of a StopServiceDeployment request."
ROLLBACK_FAILED = "Service deployment rollback failed because the circuit breaker threshold was exceeded."


def story_of(region: Region, deployment: Deployment | None) -> ServiceDeployment | None:
    """The service deployment that a deployment belongs to."""
    if deployment is None or deployment.service_deployment is None:
        return None
    return region.tables.service_deployments[deployment.service_deployment]


def end_story(
    region: Region, arn: str, status: str, reason: str | None = None, *, stopped: bool = False
) -> None:
    story = region.tables.service_deployments[arn]
    region.update_service_deployment(
        arn,
        status=status,
        status_reason=reason or story.status_reason,
        breaker_status=_seen_out(story.breaker_status),
        alarm_status=_seen_out(story.alarm_status),
        hooks=called_off(story.hooks),
        finished_at=region.now,
        stopped_at=region.now if stopped else None,
    )


def _seen_out(status: str) -> str:
    return "MONITORING_COMPLETE" if status == "MONITORING" else status
