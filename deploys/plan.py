"""What a deploy would change, as people see it before they decide."""

from __future__ import annotations

from deploys.frozen import Frozen
from deploys.scaling import ScalingPlan
from deploys.traffic import TrafficPlan


class ContainerChange(Frozen):
    """One container's image before and after."""

    container: str
    old_image: str
    new_image: str
    digest: str | None = None
    """sha256 digest of the new image, where its registry could be asked."""


class Plan(Frozen):
    """What a deploy would change, as shown to people. An approval is for exactly this."""

    old_revision: str
    """Task definition ARN that the service runs now."""
    source_revision: str = ""
    """ARN of the revision that the new one is made of; a rollback returns to it as it is."""
    tag: str = ""
    """The tag that will run."""
    old_tag: str
    """Tag (or short digest) of the image that runs now."""
    changes: tuple[ContainerChange, ...]
    digest: str | None = None
    """sha256 digest the new tag points to, where the registry could be asked."""
    pushed_at: float | None = None
    """When the new image was pushed (epoch seconds)."""
    size: int | None = None
    """Bytes of the new image, compressed, where the registry says so."""
    pinned: bool = False
    """Whether the new revision names the image by its digest, so that the tag may move."""
    desired_count: int
    """Tasks the service wants now, and will want afterwards (count)."""
    minimum_healthy_percent: int | None = None
    maximum_percent: int | None = None
    grace_seconds: int = 0
    """How long ECS takes no notice of a new task's load balancer health checks (seconds)."""
    downtime: bool = False
    """Whether no task serves for a while."""
    downtime_estimate: int | None = None
    """Seconds without a task that this plan may mean: the stop timeout and start of the containers."""
    express: bool = False
    """Whether ECS Express Mode manages the service: its own next update may set another revision."""
    traffic: TrafficPlan | None = None
    """How ECS moves the traffic, where the service is BLUE_GREEN, LINEAR or CANARY."""
    stop_timeout: int | None = None
    """Seconds that the containers running now get to stop, where they are going to be stopped."""
    scaling: ScalingPlan | None = None
    """What is known of Application Auto Scaling, where the service is scaled."""
