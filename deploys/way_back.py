"""The way back to the recorded revision, as far as it came."""

from __future__ import annotations

from deploys.frozen import Frozen


class WayBack(Frozen):
    """How it goes. Being set anew does not begin it anew."""

    since: float
    """When it was begun (epoch seconds)."""
    stop_taken_at: float | None = None
    """When ECS took the request to stop our rollout, and with it to go back (epoch seconds)."""
    stop_forgotten: bool = False
    """It goes on with the rollout all the same, so the recorded revision is set by an update."""
    set_at: float | None = None
    """When an update first set the recorded revision (epoch seconds); None where ECS itself goes back."""
    told_at: float | None = None
    """When the thread was told that it does not hold: ECS, or somebody, moved the service away again."""
    in_vain: bool = False
    """It was given up: the service keeps the new revision."""
