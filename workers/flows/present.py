"""What holds of every service that Slipway deploys or follows."""

from __future__ import annotations

from deploys.catalogue.service import Service
from deploys.errors import ForeignController, ServiceMissing, ServiceNotActive
from workers.ecs.seen import ServiceSeen
from workers.flows.words.endings import how_gone


def present(service: Service, seen: ServiceSeen | None) -> ServiceSeen:
    """The ECS service, which is there, ACTIVE and rolled out by ECS itself. Pure.

    Raises:
        ServiceMissing, ServiceNotActive, ForeignController
    """
    if seen is None:
        raise ServiceMissing(
            ecs_service=service.ecs_service,
            cluster=service.cluster,
            region=service.region,
            service=service.name,
        )
    if seen.status != "ACTIVE":
        raise ServiceNotActive(
            ecs_service=service.ecs_service, how=how_gone(seen.status), service=service.name
        )
    if seen.controller != "ECS":
        raise ForeignController(ecs_service=service.ecs_service, controller=seen.controller)
    return seen
