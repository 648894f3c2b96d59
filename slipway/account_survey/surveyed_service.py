"""What was read of an account: its services, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from workers.ecs.scalable_targets import ScalableTargetState
from workers.ecs.state import RevisionState, ServiceState


@dataclass(frozen=True)
class SurveyedService:
    """An ECS service. What is None could not be read, or there is none."""

    region: str
    cluster: str
    name: str
    state: ServiceState | None = None
    """None: ECS has no such service, or did not let it be described."""
    is_missing: bool = False
    """Whether ECS said that it has no such service."""
    revision: RevisionState | None = None
    """The revision that it is set to. None also for the controller EXTERNAL, which sets none."""
    scaling: ScalableTargetState | None = None
    is_scaling_known: bool = True
    """Whether Application Auto Scaling answered: then a service without `scaling` is not scaled."""


class GapKind(StrEnum):
    """Why something could not be read."""

    DENIED = "denied"  # the permission is missing
    UNANSWERED = "unanswered"  # throttled or unreachable, each time
    REFUSED = "refused"


@dataclass(frozen=True)
class Gap:
    """Something that could not be read."""

    action: str
    """The permission, such as `ecs:ListServices`."""
    about: str
    """Of what: `cluster production in eu-west-1`, say."""
    why: str
    """AWS's words, as one line."""
    kind: GapKind


@dataclass(frozen=True)
class Survey:
    """Everything that was read."""

    account: str
    services: tuple[SurveyedService, ...]
    gaps: tuple[Gap, ...]
    clusters: int
    """How many were looked into (count)."""
    missing_clusters: tuple[str, ...] = ()
    """Of those that were named, the ones that none of the regions has."""
    known_clusters: tuple[str, ...] = ()
    """The clusters of the regions in which one that was named is missing, as far as AWS lists them."""
