"""What holds of every service that Slipway deploys or follows."""

from __future__ import annotations

from collections.abc import Mapping

from deploys.catalogue.service import Service
from deploys.errors import ForeignController, ManagementUnknown, ServiceMissing, ServiceNotActive
from deploys.mrkdwn import escape
from workers.ecs.seen import ServiceSeen
from workers.flows.words.endings import how_gone

EXPRESS_MODE: Mapping[str, bool] = {"CUSTOMER": False, "ECS": True}
"""Every value of the enum ResourceManagementType: whether ECS Express Mode manages the service. UpdateService
works for such a service too, and what it sets stays until an Express Mode update sets the same thing (ECS
developer guide, "Updating Resources Outside of Express Mode")."""


def made_by_express_mode(service: Service, seen: ServiceSeen) -> bool:
    """Whether ECS Express Mode manages the service. Pure.

    Raises ManagementUnknown.
    """
    if seen.management not in EXPRESS_MODE:
        raise ManagementUnknown(ecs_service=service.ecs_service, management=escape(seen.management))
    return EXPRESS_MODE[seen.management]


def there(service: Service, seen: ServiceSeen | None) -> ServiceSeen:
    """The ECS service, in whatever state it is. Pure.

    Raises ServiceMissing.
    """
    if seen is None:
        raise ServiceMissing(
            ecs_service=service.ecs_service,
            cluster=service.cluster,
            region=service.region,
            service=service.name,
        )
    return seen


def present(service: Service, seen: ServiceSeen | None) -> ServiceSeen:
    """The ECS service, which is there, ACTIVE and rolled out by ECS itself. Pure.

    Raises:
        ServiceMissing, ServiceNotActive, ForeignController
    """
    seen = there(service, seen)
    if seen.status != "ACTIVE":
        raise ServiceNotActive(
            ecs_service=service.ecs_service, how=how_gone(seen.status), service=service.name
        )
    if seen.controller != "ECS":
        raise ForeignController(ecs_service=service.ecs_service, controller=seen.controller)
    return seen
