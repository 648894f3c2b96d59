"""What has to hold for every service that Slipway deploys or follows."""

from __future__ import annotations

from collections.abc import Mapping

from deploys.catalogue.service import Service
from deploys.errors import ManagementUnknown, OtherDeploymentController, ServiceMissing, ServiceNotActive
from deploys.mrkdwn import escape
from workers.ecs.state import ServiceState
from workers.messages.outcomes import describe_service_status

EXPRESS_MODE: Mapping[str, bool] = {"CUSTOMER": False, "ECS": True}
"""Every value of the enum ResourceManagementType: whether ECS Express Mode manages the service. UpdateService
works for such a service too, and what it sets stays until an Express Mode update sets the same thing (ECS
developer guide, "Updating Resources Outside of Express Mode")."""


def is_express_mode(service: Service, ecs_service: ServiceState) -> bool:
    """Whether ECS Express Mode manages the service. Pure.

    Raises ManagementUnknown.
    """
    if ecs_service.managed_by not in EXPRESS_MODE:
        raise ManagementUnknown(ecs_service=service.ecs_service, management=escape(ecs_service.managed_by))
    return EXPRESS_MODE[ecs_service.managed_by]


def require_exists(service: Service, ecs_service: ServiceState | None) -> ServiceState:
    """The ECS service, whatever its status. Pure.

    Raises ServiceMissing.
    """
    if ecs_service is None:
        raise ServiceMissing(
            ecs_service=service.ecs_service,
            cluster=service.cluster,
            region=service.region,
            service=service.name,
        )
    return ecs_service


def require_active(service: Service, ecs_service: ServiceState | None) -> ServiceState:
    """The ECS service, which exists, is ACTIVE, and is rolled out by ECS itself. Pure.

    Raises:
        ServiceMissing, ServiceNotActive, OtherDeploymentController
    """
    ecs_service = require_exists(service, ecs_service)
    if ecs_service.status != "ACTIVE":
        raise ServiceNotActive(
            ecs_service=service.ecs_service,
            how=describe_service_status(ecs_service.status),
            service=service.name,
        )
    if ecs_service.controller != "ECS":
        raise OtherDeploymentController(ecs_service=service.ecs_service, controller=ecs_service.controller)
    return ecs_service
