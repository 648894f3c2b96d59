"""Percentiles and ratios of what was measured. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable


def percentile(values: Iterable[float], percent: float) -> float | None:
    """The value that so many percent do not exceed (nearest rank); None if there is no value."""
    ordered = sorted(values)
    if not ordered:
        return None
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def spread(values: Iterable[float]) -> dict[str, float | None]:
    """`p50`, `p99`, `max`, and how many values there are."""
    found = list(values)
    return {
        "p50": percentile(found, 50),
        "p99": percentile(found, 99),
        "max": max(found, default=None),
        "count": float(len(found)),
    }


def ratio(value: float | None, other: float | None) -> float | None:
    """How many times the other it is; None if one is missing."""
    return value / other if value is not None and other else None
