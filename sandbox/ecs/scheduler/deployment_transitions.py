"""How deployments start, complete, fail and roll back, and their service deployments with them."""

from __future__ import annotations

from sandbox.ecs import circuit_breaker, event_messages
from sandbox.ecs.records import Deployment, EcsService, Rollback
from sandbox.ecs.region import EcsRegion
from sandbox.ecs.scheduler import alarm_monitoring, service_deployment_status, shift_progress, shift_stages
from sandbox.ecs.scheduler.lifecycle_hooks import cancel_waiting_hooks
from sandbox.ecs.scheduler.new_deployment import create_primary_deployment


def mark_in_progress(region: EcsRegion, service: EcsService, deployment: Deployment) -> None:
    """The scheduler starts work on the deployment. Before that, DescribeServices shows it with a desiredCount
    of 0."""
    if deployment.desired_count != service.desired_count:
        region.update_deployment(deployment.id, desired_count=service.desired_count)
    service_deployment = service_deployment_status.service_deployment_of(region, deployment)
    if service_deployment is not None and service_deployment.status == "PENDING":
        service_deployment = region.update_service_deployment(
            service_deployment.arn, status="IN_PROGRESS", started_at=region.now, lifecycle_stage="SCALE_UP"
        )
        if service_deployment.stages:
            shift_progress.enter_stage(region, service_deployment, 0)


def complete_deployment(region: EcsRegion, service: EcsService, deployment: Deployment) -> None:
    region.update_deployment(
        deployment.id,
        rollout_state="COMPLETED",
        rollout_reason=f"ECS deployment {deployment.id} completed.",
        failed_tasks=0,
    )
    deactivate_other_deployments(region, deployment)
    region.update_service(service.arn, last_completed=deployment.id)
    event_messages.add_event(region, service.arn, event_messages.deployment_completed(deployment.id))
    service_deployment = service_deployment_status.service_deployment_of(region, deployment)
    if service_deployment is not None and service_deployment.is_in_progress:
        service_deployment_status.end_service_deployment(
            region, service_deployment.arn, "ROLLBACK_SUCCESSFUL" if deployment.rolls_back else "SUCCESSFUL"
        )


def deactivate_other_deployments(region: EcsRegion, deployment: Deployment) -> None:
    """Earlier deployments become INACTIVE once they have no tasks left."""
    deployments_with_tasks = {
        task.deployment for task in region.tables.tasks_of(deployment.service) if task.is_wanted
    }
    for other in region.tables.deployments_of(deployment.service):
        if (
            other.id != deployment.id
            and other.id not in deployments_with_tasks
            and other.status != "INACTIVE"
        ):
            region.update_deployment(other.id, status="INACTIVE")


def trip_circuit_breaker(region: EcsRegion, service: EcsService, deployment: Deployment) -> None:
    """The circuit breaker has counted enough failures: fail the deployment, and roll it back if
    configured."""
    deployment = _mark_failed(region, deployment, "ECS deployment circuit breaker: tasks failed to start.")
    event_messages.add_event(region, service.arn, event_messages.tasks_failed_to_start(deployment.id))
    service_deployment = service_deployment_status.service_deployment_of(region, deployment)
    if service_deployment is None:
        return
    if deployment.rolls_back:
        service_deployment_status.end_service_deployment(
            region, service_deployment.arn, "ROLLBACK_FAILED", service_deployment_status.ROLLBACK_FAILED
        )
        return
    region.update_service_deployment(
        service_deployment.arn, breaker_status="TRIGGERED", failure_count=deployment.failed_tasks
    )
    if not service.circuit_breaker["rollback"]:
        service_deployment_status.end_service_deployment(
            region, service_deployment.arn, "STOPPED", service_deployment_status.BREAKER_STOPPED, stopped=True
        )
        return
    start_rollback(
        region, service, deployment, "circuit breaker", service_deployment_status.BREAKER_ROLLED_BACK
    )


def _mark_failed(region: EcsRegion, deployment: Deployment, reason: str) -> Deployment:
    return region.update_deployment(deployment.id, rollout_state="FAILED", rollout_reason=reason, halted=True)


def start_rollback(
    region: EcsRegion, service: EcsService, failed: Deployment, cause: str, reason: str
) -> None:
    """Create a new PRIMARY deployment of the last completed revision."""
    assert failed.service_deployment is not None
    last_completed = region.tables.deployments.get(service.last_completed or "")
    if last_completed is None:
        service_deployment_status.end_service_deployment(
            region, failed.service_deployment, "ROLLBACK_FAILED", service_deployment_status.NO_CANDIDATE
        )
        return
    revision = region.tables.revisions[last_completed.revision]
    service_deployment = region.tables.service_deployments[failed.service_deployment]
    service_deployment = region.update_service_deployment(
        service_deployment.arn,
        status="ROLLBACK_IN_PROGRESS",
        status_reason=reason,
        rollback=Rollback(reason, region.now, revision.arn),
        hooks=cancel_waiting_hooks(service_deployment.hooks),
    )
    event_messages.add_event(region, service.arn, event_messages.rolling_back(last_completed.id))
    rollback = create_primary_deployment(
        region,
        service,
        revision,
        region.ids.new_deployment_id(),
        service_deployment.arn,
        reason=f"ECS deployment {cause}: rolling back to deploymentId {last_completed.id}.",
    )
    region.update_service(service.arn, settings=revision.settings)
    if service_deployment.stages:
        stages = shift_stages.rollback_stages(service_deployment.production_percent, region.durations)
        service_deployment = region.update_service_deployment(service_deployment.arn, stages=stages)
        shift_progress.start_traffic_rollback(
            region, service, service_deployment, last_completed.id, rollback.id
        )


def stop_or_roll_back(region: EcsRegion, service: EcsService, deployment: Deployment) -> None:
    """Stop or roll back a deployment if somebody asked for it or if it has failed."""
    if handle_stop_request(region, service, deployment):
        return
    service_deployment = service_deployment_status.service_deployment_of(region, deployment)
    if service_deployment is not None and shift_progress.is_refused_by_hook(service_deployment):
        deployment = _mark_failed(region, deployment, f"ECS deployment {deployment.id} was stopped.")
        start_rollback(
            region,
            service,
            deployment,
            "lifecycle hook",
            service_deployment_status.hook_rollback_reason(service_deployment),
        )
    elif circuit_breaker.is_tripped(service, deployment):
        trip_circuit_breaker(region, service, deployment)
    elif alarm_monitoring.check_alarms(
        region, service, service_deployment_status.service_deployment_of(region, deployment)
    ):
        _fail_on_alarm(region, service, deployment)


def _fail_on_alarm(region: EcsRegion, service: EcsService, deployment: Deployment) -> None:
    deployment = _mark_failed(region, deployment, "ECS deployment failed: alarm detected.")
    event_messages.add_event(region, service.arn, event_messages.alarm_detected(deployment.id))
    service_deployment = service_deployment_status.service_deployment_of(region, deployment)
    assert service_deployment is not None
    if service_deployment.configuration["alarms"]["rollback"]:
        start_rollback(
            region, service, deployment, "alarm detected", service_deployment_status.ALARM_ROLLED_BACK
        )
    else:
        service_deployment_status.end_service_deployment(
            region, service_deployment.arn, "STOPPED", service_deployment_status.ALARM_STOPPED, stopped=True
        )


def handle_stop_request(region: EcsRegion, service: EcsService, deployment: Deployment) -> bool:
    """Do what StopServiceDeployment asked for. Returns whether it asked for anything."""
    service_deployment = service_deployment_status.service_deployment_of(region, deployment)
    if service_deployment is None or service_deployment.status not in (
        "STOP_REQUESTED",
        "ROLLBACK_REQUESTED",
    ):
        return False
    deployment = _mark_failed(region, deployment, f"ECS deployment {deployment.id} was stopped.")
    if service_deployment.status == "STOP_REQUESTED":
        service_deployment_status.end_service_deployment(
            region,
            service_deployment.arn,
            "STOPPED",
            service_deployment_status.STOPPED_ON_REQUEST,
            stopped=True,
        )
    elif any(hook.requires_rollback for hook in service_deployment.hooks):
        start_rollback(
            region,
            service,
            deployment,
            "lifecycle hook",
            service_deployment_status.hook_rollback_reason(service_deployment),
        )
    else:
        start_rollback(
            region, service, deployment, "stopped", service_deployment_status.ROLLED_BACK_ON_REQUEST
        )
    return True
