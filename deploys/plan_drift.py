"""Whether what people approved is still what would happen. Pure.

A count that Application Auto Scaling moves within the bounds that were shown is part of the plan: else a busy
service would be asked about again and again. A count that anything else moves is another plan.
"""

from __future__ import annotations

from enum import Enum

from deploys.records.plan import Plan
from deploys.records.restore_point import ScalingPlan

_COMPARED_FIELDS = {"old_revision", "source_revision", "changes", "digest", "downtime", "traffic"}


class PlanDrift(Enum):
    """What became of a plan since it was shown."""

    SAME = "same"
    AUTOSCALED = "scaled"  # another count, by Application Auto Scaling, within the bounds that were shown
    SCALED_BY_HAND = "by hand"  # another count, and nothing scales the service
    SCALED_WHILE_SUSPENDED = "held"  # another count, and what could have moved it is suspended
    OUT_OF_BOUNDS = "outside"  # another count, outside of what was shown or of what it is scaled to
    SCALING_UNKNOWN = "unknown"  # another count, and AWS does not tell whether the service is scaled
    OTHER_BASE = "other base"  # with `base: latest`, another revision would be copied
    DIFFERENT = "other"  # more than the count: whether the service is scaled, too

    @property
    def keeps_approval(self) -> bool:
        """Whether an approval is still good."""
        return self in (PlanDrift.SAME, PlanDrift.AUTOSCALED)


def compare_plans(shown: Plan, current: Plan) -> PlanDrift:
    """What became of the plan that was shown."""
    if shown.old_revision == current.old_revision and _has_other_base(shown, current):
        return PlanDrift.OTHER_BASE
    if shown.model_dump(include=_COMPARED_FIELDS) != current.model_dump(include=_COMPARED_FIELDS):
        return PlanDrift.DIFFERENT
    if shown.desired_count == current.desired_count:
        return PlanDrift.SAME
    if current.scaling is None:
        return PlanDrift.SCALED_BY_HAND
    if shown.scaling is None:
        return PlanDrift.DIFFERENT
    if current.scaling.unknown_reason or shown.scaling.unknown_reason:
        return PlanDrift.SCALING_UNKNOWN
    if not all(scaling.allows(current.desired_count) for scaling in (shown.scaling, current.scaling)):
        return PlanDrift.OUT_OF_BOUNDS
    if not _can_scale(current.scaling, up=current.desired_count > shown.desired_count):
        return PlanDrift.SCALED_WHILE_SUSPENDED
    return PlanDrift.AUTOSCALED


def _has_other_base(shown: Plan, current: Plan) -> bool:
    """A newer revision that is not copied is no part of what was approved."""
    copied = [
        plan for plan in (shown, current) if plan.config and plan.config.newer and plan.config.newer.used
    ]
    return bool(copied) and shown.source_revision != current.source_revision


def _can_scale(scaling: ScalingPlan, *, up: bool) -> bool:
    """Scheduled actions move a count both ways, by its bounds (Application Auto Scaling guide)."""
    return not scaling.suspended_before.scheduled or not (
        scaling.suspended_before.scale_out if up else scaling.suspended_before.scale_in
    )
