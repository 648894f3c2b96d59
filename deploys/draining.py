"""Old tasks that are on their way down while the new ones serve."""

from __future__ import annotations

from deploys.frozen import Frozen


class Draining(Frozen):
    """What task records said of the old tasks; a service's counts leave out those that drain."""

    tasks: int
    """Old tasks whose lastStatus was not STOPPED (count)."""
    seen_at: float
    """When that was read (epoch seconds)."""
