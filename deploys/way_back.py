"""The way back to the recorded revision, as far as it came."""

from __future__ import annotations

from deploys.frozen import Frozen


class WayBack(Frozen):
    """How it goes. Being set anew does not begin it anew."""

    since: float
    """When the recorded revision was first set again (epoch seconds)."""
    told_at: float | None = None
    """When the thread was told that it does not hold: ECS, or somebody, moved the service away again."""
    in_vain: bool = False
    """It was given up: the service keeps the new revision."""
