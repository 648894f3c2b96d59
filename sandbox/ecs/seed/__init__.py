"""What stands in the region when it opens: images, a cluster, and services that are steady."""

from __future__ import annotations

from moto.ecs.models import ecs_backends

from sandbox.ecs.operations.call import Call
from sandbox.ecs.operations.services import create_service
from sandbox.ecs.operations.task_definitions import make_task_definition
from sandbox.ecs.region import Region
from sandbox.ecs.seed import alarms, definitions, registry, services

DAYS_UP = 3
"""The services were deployed that long ago, and have been steady since."""


def furnish(region: Region) -> None:
    """Deploy the services in the past and live up to the present, by the region's own rules."""
    opened = region.clock.now()
    registry.fill(region.account, region.name, opened)
    moto = ecs_backends[region.account][region.name]
    moto.create_cluster(services.CLUSTER)
    _let_moto_find_services(region)
    alarms.fill(region.account, region.name)
    with region.back_in_time(opened - DAYS_UP * 86_400):
        for name in services.NAMES:
            definition = definitions.definition(region.account, region.name, name)
            make_task_definition(_call(region, definition), definitions.REVISIONS[name])
            create_service(_call(region, services.service(region.account, region.name, name)))


def _call(region: Region, params: dict[str, object]) -> Call:
    return Call(region, region.tables, params)


def _let_moto_find_services(region: Region) -> None:
    """Application Auto Scaling asks moto's ECS whether a service exists: let it ask here."""
    moto = ecs_backends[region.account][region.name]

    def describe_services(cluster: str, names: list[str]) -> tuple[list[object], list[object]]:
        call = Call(region, region.tables, {"cluster": cluster})
        found = (call.find_service(call.cluster, name) for name in names)
        return [service for service in found if service is not None], []

    moto.describe_services = describe_services  # type: ignore[method-assign,assignment]
