"""What the region has when it starts: images, a cluster, an alarm, and services in a steady state."""

from __future__ import annotations

from moto.ecs.models import ecs_backends

from sandbox.ecs.operations.create_and_delete_service import create_service
from sandbox.ecs.operations.ecs_call import EcsCall
from sandbox.ecs.operations.task_definition_operations import make_task_definition
from sandbox.ecs.region import EcsRegion
from sandbox.ecs.seed import seed_images, seed_services, seed_task_definitions

DAYS_UP = 3
"""The services were deployed that many days ago."""


def seed_region(region: EcsRegion) -> None:
    """Create the services in the past and let the region run until now."""
    opened = region.clock.now()
    seed_images.push_images(region.account, region.name, opened)
    moto = ecs_backends[region.account][region.name]
    moto.create_cluster(seed_services.CLUSTER)
    _make_moto_find_services(region)
    seed_services.create_alarm(region.account, region.name)
    with region.starting_in_the_past(opened - DAYS_UP * 86_400):
        for name in seed_services.SERVICE_NAMES:
            definition = seed_task_definitions.task_definition_params(region.account, region.name, name)
            make_task_definition(_call(region, definition), seed_task_definitions.FIRST_REVISIONS[name])
            create_service(_call(region, seed_services.service_params(region.account, region.name, name)))


def _call(region: EcsRegion, params: dict[str, object]) -> EcsCall:
    return EcsCall(region, region.tables, params)


def _make_moto_find_services(region: EcsRegion) -> None:
    """moto's Application Auto Scaling asks moto's ECS whether a service exists: answer from the region."""
    moto = ecs_backends[region.account][region.name]

    def describe_services(cluster: str, names: list[str]) -> tuple[list[object], list[object]]:
        call = EcsCall(region, region.tables, {"cluster": cluster})
        found = (call.find_service(call.cluster_name, name) for name in names)
        return [service for service in found if service is not None], []

    moto.describe_services = describe_services  # type: ignore[method-assign,assignment]
