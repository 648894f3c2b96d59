"""Whether what people approved is still what would happen. Pure.

A count that Application Auto Scaling moves within the bounds that were shown is part of the plan: else a busy
service would be asked about anew for ever. A count that anything else moves is another plan.
"""

from __future__ import annotations

from enum import Enum

from deploys.deploy import Plan
from deploys.scaling import ScalingPlan

_ALWAYS_THE_SAME = {"old_revision", "source_revision", "changes", "digest", "downtime", "traffic"}


class Since(Enum):
    """What became of a plan since it was shown."""

    SAME = "same"
    SCALED = "scaled"  # another count, by Application Auto Scaling, within the bounds that were shown
    BY_HAND = "by hand"  # another count, and nothing scales the service
    HELD = "held"  # another count, and what could have moved it is suspended
    OUTSIDE = "outside"  # another count, outside of what was shown or of what it is scaled to
    UNKNOWN = "unknown"  # another count, and AWS does not tell whether the service is scaled
    OTHER_BASE = "other base"  # with `base: latest`, another revision would be copied
    OTHER = "other"  # more than the count: whether the service is scaled, too

    @property
    def stands(self) -> bool:
        """Whether an approval is still good."""
        return self in (Since.SAME, Since.SCALED)


def since(shown: Plan, fresh: Plan) -> Since:
    """What became of the plan that was shown."""
    if shown.old_revision == fresh.old_revision and _other_base(shown, fresh):
        return Since.OTHER_BASE
    if shown.model_dump(include=_ALWAYS_THE_SAME) != fresh.model_dump(include=_ALWAYS_THE_SAME):
        return Since.OTHER
    if shown.desired_count == fresh.desired_count:
        return Since.SAME
    if fresh.scaling is None:
        return Since.BY_HAND
    if shown.scaling is None:
        return Since.OTHER
    if fresh.scaling.unknown or shown.scaling.unknown:
        return Since.UNKNOWN
    if not all(scaling.reaches(fresh.desired_count) for scaling in (shown.scaling, fresh.scaling)):
        return Since.OUTSIDE
    if not _moves(fresh.scaling, up=fresh.desired_count > shown.desired_count):
        return Since.HELD
    return Since.SCALED


def _other_base(shown: Plan, fresh: Plan) -> bool:
    """A newer revision that is not copied is no part of what was approved."""
    copied = [plan for plan in (shown, fresh) if plan.config and plan.config.newer and plan.config.newer.used]
    return bool(copied) and shown.source_revision != fresh.source_revision


def _moves(scaling: ScalingPlan, *, up: bool) -> bool:
    """Scheduled actions move a count both ways, by its bounds (Application Auto Scaling guide)."""
    return not scaling.before.scheduled or not (scaling.before.scale_out if up else scaling.before.scale_in)
