"""Whether services.yml and ECS agree on how a new revision takes the old one's place. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from deploys.catalogue.service import Service
from deploys.errors import EcsStrategyUnknown, StrategyShouldBeNative, StrategyShouldNotBeNative
from deploys.mrkdwn import escape_line
from workers.ecs.state import ServiceState

SHIFTS_TRAFFIC: Mapping[str, bool] = {
    "ROLLING": False,
    "BLUE_GREEN": True,
    "LINEAR": True,
    "CANARY": True,
}
"""Every value of the enum DeploymentStrategy: whether ECS shifts traffic between two full sets of tasks."""


def check_ecs_strategy(service: Service, ecs_service: ServiceState, *, native: bool) -> None:
    """Refuses a service whose entry in services.yml says something else than ECS will do.

    native: whether the entry says that ECS shifts the traffic.

    Raises:
        StrategyShouldBeNative, StrategyShouldNotBeNative, EcsStrategyUnknown
    """
    facts = {
        "ecs_service": service.ecs_service,
        "ecs_strategy": escape_line(ecs_service.strategy),
        "service": service.name,
    }
    shifts = SHIFTS_TRAFFIC.get(ecs_service.strategy)
    if shifts is None:
        raise EcsStrategyUnknown(**facts)
    if shifts and not native:
        raise StrategyShouldBeNative(strategy=service.strategy, **facts)
    if native and not shifts:
        raise StrategyShouldNotBeNative(**facts)
