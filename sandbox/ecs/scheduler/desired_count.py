"""A change of the desired count, without a new deployment."""

from __future__ import annotations

from sandbox.ecs import circuit_breaker
from sandbox.ecs.records import EcsService
from sandbox.ecs.region import EcsRegion
from sandbox.ecs.scheduler import service_deployment_status


def rescale(region: EcsRegion, service: EcsService, count: int) -> None:
    """Change the count for another reason than UpdateService."""
    apply_desired_count(region, region.update_service(service.arn, desired_count=count))


def apply_desired_count(region: EcsRegion, service: EcsService) -> None:
    """The current deployment continues with the service's new count."""
    primary = region.tables.primary_of(service.arn)
    if primary is None or (primary.desired_count == service.desired_count):
        return
    region.update_deployment(primary.id, desired_count=service.desired_count)
    region.update_service(service.arn, is_steady=False)
    service_deployment = service_deployment_status.service_deployment_of(region, primary)
    if service_deployment is not None and service_deployment.is_in_progress:
        limit = circuit_breaker.failure_threshold(service.circuit_breaker, service.desired_count)
        region.update_service_deployment(service_deployment.arn, threshold=limit)
    region.schedule_reconcile(service.arn)
