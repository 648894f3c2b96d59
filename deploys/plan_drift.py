"""Whether what people approved is still what would happen. Pure.

A count that Application Auto Scaling moves within the bounds that were shown is part of the plan: else a busy
service would be asked about again and again. A count that anything else moves is another plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Any

from deploys.records.plan import Plan
from deploys.records.restore_point import ScalingPlan


class PlanRule(Enum):
    """What a difference in one field of a plan means for an approval."""

    BOUND = auto()  # voids it
    BOUND_IF_ROLLING = auto()  # voids it if ECS replaces the tasks a few at a time; else it has no effect
    COUNT = auto()  # judged together, see `PlanDrift`
    FOLLOWS = auto()  # cannot differ by itself: it is read out of fields that are bound
    NOTED = auto()  # told, but no part of what is approved


RULES: Mapping[str, PlanRule] = {
    "old_revision": PlanRule.BOUND,
    "source_revision": PlanRule.BOUND,
    "changes": PlanRule.BOUND,
    "digest": PlanRule.BOUND,
    "minimum_healthy_percent": PlanRule.BOUND_IF_ROLLING,
    "maximum_percent": PlanRule.BOUND_IF_ROLLING,
    "grace_seconds": PlanRule.BOUND,
    "downtime": PlanRule.BOUND,
    "express": PlanRule.BOUND,
    "traffic": PlanRule.BOUND,
    "desired_count": PlanRule.COUNT,
    "scaling": PlanRule.COUNT,
    "tag": PlanRule.FOLLOWS,  # the images in `changes` have it
    "old_tag": PlanRule.FOLLOWS,
    "pinned": PlanRule.FOLLOWS,
    "pushed_at": PlanRule.FOLLOWS,  # facts about `digest`
    "image_bytes": PlanRule.FOLLOWS,
    "stop_timeout": PlanRule.FOLLOWS,  # a revision never changes: of `old_revision`
    "downtime_seconds": PlanRule.FOLLOWS,
    "log_group": PlanRule.FOLLOWS,  # of `source_revision`
    "log_region": PlanRule.FOLLOWS,
    "config": PlanRule.NOTED,  # a newer revision counts if it is copied, which `source_revision` says
}
"""Every field of a plan. What else its message shows is of services.yml (`deploys.catalogue_drift`)."""


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
    if bound_values(shown) != bound_values(current):
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


def bound_values(plan: Plan) -> dict[str, Any]:
    """What an approval of this plan is for, by field, without its count."""
    bound = {PlanRule.BOUND}
    if not plan.downtime and plan.traffic is None:
        bound.add(PlanRule.BOUND_IF_ROLLING)
    return {name: getattr(plan, name) for name, rule in RULES.items() if rule in bound}


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
