"""How service deployments end, and the reasons that they give.

The reasons are ECS's own words if they are published: circuit breaker, "by user" (after
StopServiceDeployment) and no candidate in hashicorp/terraform-provider-aws (acceptance tests; issue 49031,
pull request 49077), hooks in ECS's developer guide ("Troubleshooting blue/green deployments"), alarms in
published answers of ListServiceDeployments. The reasons of a STOPPED one are not published: they are made up
in the same form.
"""

from __future__ import annotations

from sandbox.ecs.records import Deployment, ServiceDeployment
from sandbox.ecs.region import EcsRegion
from sandbox.ecs.scheduler.lifecycle_hooks import cancel_waiting_hooks

ALARM_ROLLED_BACK = "Service deployment rolled back because of one or more active alarms."
ALARM_STOPPED = "Service deployment stopped because of one or more active alarms."
BREAKER_ROLLED_BACK = "Service deployment rolled back because the circuit breaker threshold was exceeded."
BREAKER_STOPPED = "Service deployment stopped because the circuit breaker threshold was exceeded."
NO_CANDIDATE = "No rollback candidate was found to run the rollback."
SUPERSEDED = "Service deployment stopped because a newer service deployment was started."
ROLLED_BACK_ON_REQUEST = "Service deployment rolled back by user."
STOPPED_ON_REQUEST = "Service deployment stopped by user."
ROLLBACK_FAILED = "Service deployment rollback failed because the circuit breaker threshold was exceeded."


def service_deployment_of(region: EcsRegion, deployment: Deployment | None) -> ServiceDeployment | None:
    """The service deployment that a deployment belongs to."""
    if deployment is None or deployment.service_deployment is None:
        return None
    return region.tables.service_deployments[deployment.service_deployment]


def end_service_deployment(
    region: EcsRegion, arn: str, status: str, reason: str | None = None, *, stopped: bool = False
) -> None:
    service_deployment = region.tables.service_deployments[arn]
    region.update_service_deployment(
        arn,
        status=status,
        status_reason=reason or service_deployment.status_reason,
        breaker_status=_final_monitoring_status(service_deployment.breaker_status),
        alarm_status=_final_monitoring_status(service_deployment.alarm_status),
        hooks=cancel_waiting_hooks(service_deployment.hooks),
        finished_at=region.now,
        stopped_at=region.now if stopped else None,
    )


def hook_rollback_reason(service_deployment: ServiceDeployment) -> str:
    """The status reason after a lifecycle hook has required a rollback."""
    failed = next(hook for hook in service_deployment.hooks if hook.requires_rollback)
    point = service_deployment.stages[failed.stage_index].hook_point
    reason = f"Service deployment rolled back because {point} lifecycle hook(s) failed."
    if failed.target_arn is None or failed.status != "FAILED":
        return reason
    return f"{reason} Lifecycle hook target {failed.target_arn} returned FAILED status."


def _final_monitoring_status(status: str) -> str:
    return "MONITORING_COMPLETE" if status == "MONITORING" else status
