"""Application Auto Scaling of an ECS service: reads its scalable target, suspends and resumes scaling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from deploys.records.restore_point import SuspendedState
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.aws.error_translation import aws_call

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling.type_defs import ScalableTargetTypeDef

NAMESPACE: Final = "ecs"
DIMENSION: Final = "ecs:service:DesiredCount"
"""The only dimension of an ECS service that can be scaled (Application Auto Scaling API reference)."""


@dataclass(frozen=True)
class ScalableTargetState:
    """A scalable target."""

    minimum: int
    """The lowest count (tasks)."""
    maximum: int
    """The highest count (tasks)."""
    suspended: SuspendedState


def read_target(region: RegionClients, cluster: str, service: str) -> ScalableTargetState | None:
    """The scalable target of a service; None if nothing scales it.

    Raises the errors of `aws_call`.
    """
    with aws_call("application-autoscaling:DescribeScalableTargets"):
        answer = region.scaling.describe_scalable_targets(
            ServiceNamespace=NAMESPACE,
            ResourceIds=[resource_id(cluster, service)],
            ScalableDimension=DIMENSION,
        )
    for found in answer["ScalableTargets"]:
        return _target_state(found)
    return None


def read_targets(region: RegionClients) -> dict[str, ScalableTargetState]:
    """The scalable targets of all ECS services of the region, by `resource_id`.

    Raises the errors of `aws_call`.
    """
    with aws_call("application-autoscaling:DescribeScalableTargets"):
        pages = region.scaling.get_paginator("describe_scalable_targets").paginate(
            ServiceNamespace=NAMESPACE, ScalableDimension=DIMENSION
        )
        return {
            found["ResourceId"]: _target_state(found) for page in pages for found in page["ScalableTargets"]
        }


def _target_state(found: ScalableTargetTypeDef) -> ScalableTargetState:
    state = found.get("SuspendedState", {})
    return ScalableTargetState(
        minimum=found["MinCapacity"],
        maximum=found["MaxCapacity"],
        suspended=SuspendedState(
            scale_in=state.get("DynamicScalingInSuspended", False),
            scale_out=state.get("DynamicScalingOutSuspended", False),
            scheduled=state.get("ScheduledScalingSuspended", False),
        ),
    )


def set_suspension(region: RegionClients, cluster: str, service: str, processes: SuspendedState) -> None:
    """Suspends exactly these processes and resumes the others. Everything that is not sent keeps its value,
    above all minimum and maximum (Application Auto Scaling API reference, RegisterScalableTarget).

    Raises the errors of `aws_call`; after AwsResultUnknown it may have been done.
    """
    with aws_call("application-autoscaling:RegisterScalableTarget", changes=True):
        region.scaling.register_scalable_target(
            ServiceNamespace=NAMESPACE,
            ResourceId=resource_id(cluster, service),
            ScalableDimension=DIMENSION,
            SuspendedState={
                "DynamicScalingInSuspended": processes.scale_in,
                "DynamicScalingOutSuspended": processes.scale_out,
                "ScheduledScalingSuspended": processes.scheduled,
            },
        )


def resource_id(cluster: str, service: str) -> str:
    """The service's id in Application Auto Scaling."""
    return f"service/{cluster}/{service}"
