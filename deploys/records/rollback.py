"""Where ECS goes when it goes back by itself, or is asked to: to what completed last.

The way back to the recorded revision, as far as it came.
"""

from __future__ import annotations

from deploys.records.record import Record


class EcsRollback(Record):
    """ECS's own way back, as it was seen under way."""

    deployment_id: str
    """ECS's id (ecs-svc/N) of the deployment that it makes for that."""
    revision: str
    """Mostly the one recorded before the deploy; another one where that had never completed."""


class RollbackProgress(Record):
    """How it goes. Being set anew does not begin it anew."""

    started_at: float
    """When it was begun (epoch seconds)."""
    stop_accepted_at: float | None = None
    """When ECS took the request to stop our rollout, and with it to go back (epoch seconds)."""
    stop_ignored: bool = False
    """It goes on with the rollout all the same, so the recorded revision is set by an update."""
    updated_at: float | None = None
    """When an update first set the recorded revision (epoch seconds); None where ECS itself goes back."""
    undone_reported_at: float | None = None
    """When the thread was told that it does not hold: ECS, or somebody, moved the service away again."""
    gave_up: bool = False
    """It was given up: the service keeps the new revision."""
