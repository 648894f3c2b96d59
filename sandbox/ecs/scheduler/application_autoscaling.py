"""Application Auto Scaling for services: it raises desired counts that are too low.

The scalable targets are moto's, which also answers RegisterScalableTarget and the other operations.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.applicationautoscaling.models import FakeScalableTarget, applicationautoscaling_backends

from sandbox.ecs.region import EcsRegion
from sandbox.ecs.scheduler import desired_count

DIMENSION = "ecs:service:DesiredCount"
SUSPENDABLE_PROCESSES = (
    "DynamicScalingInSuspended",
    "DynamicScalingOutSuspended",
    "ScheduledScalingSuspended",
)


def register_scalable_target(
    region: EcsRegion, cluster: str, service: str, minimum: int, maximum: int
) -> None:
    """Scale a service between two counts, as RegisterScalableTarget does.

    Raises ValueError for a service that does not exist and for counts that are not valid.
    """
    if not 0 <= minimum <= maximum:
        raise ValueError(f"a service is scaled between 0 <= minimum <= maximum, not {minimum} and {maximum}")
    backend = applicationautoscaling_backends[region.account][region.name]
    resource = f"service/{cluster}/{service}"
    try:
        backend.register_scalable_target("ecs", resource, DIMENSION, minimum, maximum, "", "")
    except AWSValidationException as error:
        raise ValueError(f"there is no service {service!r} in the cluster {cluster!r}") from error
    schedule_check(region)


def registration_error(region: EcsRegion, params: dict[str, Any]) -> str | None:
    """The error of RegisterScalableTarget that moto does not know; None if there is none.

    A new target needs both counts (Application Auto Scaling API reference, RegisterScalableTarget).
    """
    known = any(target.resource_id == params.get("ResourceId") for target in _scalable_targets(region))
    missing = [name for name in ("MinCapacity", "MaxCapacity") if params.get(name) is None]
    if known or not missing or params.get("ServiceNamespace") != "ecs":
        return None
    return f"{missing[0]} is required when registering a new scalable target."


def schedule_check(region: EcsRegion) -> None:
    """Check the scalable targets from time to time, for as long as there are any."""
    for target in _scalable_targets(region):
        _fill_in_suspended_state(target)
    if not region.is_autoscaling_scheduled and _scalable_targets(region):
        region.is_autoscaling_scheduled = True
        region.schedule_exactly_after(region.durations.autoscaling, partial(_check_targets, region))


def _scalable_targets(region: EcsRegion) -> list[FakeScalableTarget]:
    backend = applicationautoscaling_backends[region.account][region.name]
    return list(backend.targets.get(DIMENSION, {}).values())


def _check_targets(region: EcsRegion) -> None:
    region.is_autoscaling_scheduled = False
    for target in _scalable_targets(region):
        _scale_out(region, target)
    schedule_check(region)


def _scale_out(region: EcsRegion, target: FakeScalableTarget) -> None:
    """Raise the count of a service to its MinCapacity, unless scaling out is suspended."""
    _, cluster, name = target.resource_id.split("/")
    service = region.tables.services.get(region.ids.arn("service", cluster, name))
    minimum_count = target.min_capacity or 0
    if service is None or service.status != "ACTIVE" or service.desired_count >= minimum_count:
        return
    if not _is_scale_out_suspended(target):
        desired_count.rescale(region, service, minimum_count)


def _fill_in_suspended_state(target: FakeScalableTarget) -> None:
    """Amazon describes a SuspendedState with all members; moto keeps only those that were given."""
    given: Any = target.suspended_state or {}
    target.suspended_state = {**dict.fromkeys(SUSPENDABLE_PROCESSES, False), **given}  # type: ignore[assignment]


def _is_scale_out_suspended(target: FakeScalableTarget) -> bool:
    state: Any = target.suspended_state
    return bool(state["DynamicScalingOutSuspended"])
