"""One service as services.yml describes it."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Strategy(StrEnum):
    """How a new revision takes the place of the old one."""

    ROLLING = "rolling"  # ECS replaces tasks a few at a time; no downtime
    STOP_START = "stop-start"  # every old task is proven STOPPED before a new one starts


class Service(BaseModel):
    """A service of the catalogue, defaults already filled in.

    A deploy keeps a copy of the service it was asked for, so an edit of services.yml does not change a deploy
    that is under way; access alone is read from the catalogue again.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    cluster: str
    ecs_service: str
    region: str
    containers: tuple[str, ...] = ()
    """Containers to retag. Empty: those that share the image repository of the first essential container."""
    strategy: Strategy = Strategy.ROLLING
    deployers: tuple[str, ...] = ()
    """User ids (U..., W...) and user group ids (S...) who may deploy. Empty: everybody in the workspace."""
    approvers: tuple[str, ...] = ()
    """User ids and user group ids who may approve."""
    approvals: int = 0
    """How many different people have to approve (count)."""
    self_approval: bool = False
    """Whether the requester's own approval counts."""
    channels: tuple[str, ...] = ()
    """Channel ids in which it may be deployed. Empty: any channel."""
    deadline: int = 1200
    """Seconds a rollout may take before it is rolled back."""
    approval_expiry: int = 1800
    """Seconds an approval question stays open."""
