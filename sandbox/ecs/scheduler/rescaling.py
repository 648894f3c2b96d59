"""Another desired count, without a new deployment."""

from __future__ import annotations

from sandbox.ecs.records import Service
from sandbox.ecs.region import Region
from sandbox.ecs.scheduler import failures, stories


def rescale(region: Region, service: Service, count: int) -> None:
    """Somebody or something other than UpdateService wants another count."""
    carry_over(region, region.update_service(service.arn, desired_count=count))


def carry_over(region: Region, service: Service) -> None:
    """The deployment there is goes on with the service's new count."""
    primary = region.tables.primary_of(service.arn)
    if primary is None or (primary.desired_count == service.desired_count):
        return
    region.update_deployment(primary.id, desired_count=service.desired_count)
    region.update_service(service.arn, steady=False)
    story = stories.story_of(region, primary)
    if story is not None and story.under_way:
        limit = failures.threshold(service.circuit_breaker, service.desired_count)
        region.update_service_deployment(story.arn, threshold=limit)
    region.look_at(service.arn)
