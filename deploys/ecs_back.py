"""Where ECS goes when it goes back by itself, or is asked to: to what completed last."""

from __future__ import annotations

from deploys.frozen import Frozen


class EcsBack(Frozen):
    """ECS's own way back, as it was seen under way."""

    deployment_id: str
    """ECS's id (ecs-svc/N) of the deployment that it makes for that."""
    revision: str
    """Mostly the one recorded before the deploy; another one where that had never completed."""
