"""What the region has when it starts: images, a cluster, an alarm, and services in a steady state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from moto.ecs.models import ecs_backends

from sandbox.ecs.operations.create_and_delete_service import create_service
from sandbox.ecs.operations.ecs_call import EcsCall
from sandbox.ecs.operations.task_definition_operations import make_task_definition
from sandbox.ecs.region import EcsRegion
from sandbox.ecs.seed import seed_images, seed_services, seed_task_definitions
from sandbox.ecs.tables import ChangeJournal, EcsTables

DAYS_UP = 3
"""The services were deployed that many days ago."""
STEADY_STATES_KEPT = 4


@dataclass(frozen=True)
class SteadyState:
    """A region's own part of what it has when it starts. moto's part is made again for each start."""

    tables: EcsTables
    log_writes: tuple[tuple[Any, ...], ...]
    """What the first tasks wrote to CloudWatch Logs."""
    random_state: Any


_steady_states: dict[tuple[Any, ...], SteadyState] = {}
"""By all that decides them. A process that starts many regions lets their services become steady once."""


def seed_region(region: EcsRegion) -> None:
    """Create the services in the past and let the region run until now."""
    opened = region.clock.now()
    seed_images.push_images(region.account, region.name, opened)
    moto = ecs_backends[region.account][region.name]
    moto.create_cluster(seed_services.CLUSTER)
    _make_moto_find_services(region)
    seed_services.create_alarm(region.account, region.name)
    key = (
        region.account,
        region.name,
        opened,
        region.time_scale.speed,
        region.durations,
        region.random.getstate(),
    )
    if key in _steady_states:
        _start_from(region, _steady_states[key])
        return
    log_writes = region.logs.record_writes()
    with region.starting_in_the_past(opened - DAYS_UP * 86_400):
        for name in seed_services.SERVICE_NAMES:
            definition = seed_task_definitions.task_definition_params(region.account, region.name, name)
            make_task_definition(_call(region, definition), seed_task_definitions.FIRST_REVISIONS[name])
            create_service(_call(region, seed_services.service_params(region.account, region.name, name)))
    region.logs.end_recording()
    if region.event_queue.is_empty and not region.planned_reconciles:
        tables = region.tables.copy(ChangeJournal(lambda: opened))
        while len(_steady_states) >= STEADY_STATES_KEPT:
            del _steady_states[next(iter(_steady_states))]
        _steady_states[key] = SteadyState(tables, tuple(log_writes), region.random.getstate())


def _start_from(region: EcsRegion, state: SteadyState) -> None:
    region.tables = state.tables.copy(ChangeJournal(lambda: region.now))
    region.random.setstate(state.random_state)
    for write in state.log_writes:
        region.logs.write(*write)


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
