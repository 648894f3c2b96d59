"""What a deploy would change, as people see it before they decide.

Where a revision's configuration comes from, and whether a newer one was registered: part of a plan.
"""

from __future__ import annotations

from enum import StrEnum

from deploys.records.quote import Prose
from deploys.records.record import Record
from deploys.records.restore_point import ScalingPlan
from deploys.records.traffic import TrafficPlan


class ContainerChange(Record):
    """One container's image before and after."""

    container: str
    old_image: str
    new_image: str
    digest: str | None = None
    """sha256 digest of the new image, if its registry could be asked."""


class Plan(Record):
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
    """sha256 digest the new tag points to, if the registry could be asked."""
    pushed_at: float | None = None
    """When the new image was pushed (epoch seconds)."""
    image_bytes: int | None = None
    """Bytes of the new image, compressed, if the registry says so."""
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
    downtime_seconds: int | None = None
    """Seconds without a task that this plan may mean: the stop timeout and start of the containers."""
    express: bool = False
    """Whether ECS Express Mode manages the service: its own next update may set another revision."""
    traffic: TrafficPlan | None = None
    """How ECS moves the traffic, if the service is BLUE_GREEN, LINEAR or CANARY."""
    stop_timeout: int | None = None
    """Seconds that the containers running now get to stop, if they will be stopped."""
    log_group: str = ""
    """Of the app's container, in CloudWatch Logs; empty: it writes its log somewhere else."""
    log_region: str = ""
    """Where that is; empty: in the service's region."""
    scaling: ScalingPlan | None = None
    """What is known of Application Auto Scaling, if it scales the service."""
    config: RevisionConfig | None = None
    """Where the configuration of the new revision comes from, and whether there is a newer one."""


class ConfigChange(Record):
    """One field in which two revisions differ. It never holds the value of an environment variable."""

    container: str = ""
    """Empty: the field belongs to the task."""
    field: str
    """Name in the ECS API; parts of it are separated by spaces. Empty: the whole container, which
    was added or removed; its image is the value."""
    old: str = ""
    """Value, shortened. Empty: not set, or not to be shown."""
    new: str = ""
    added: tuple[str, ...] = ()
    """Names that only the newer revision has, of a field that is a list or map by name."""
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    """Names whose values differ."""
    keeps_old: bool = False
    """The deploy keeps the old value in any case: the image repository of a container that it retags."""


class NewerRevision(Record):
    """The newest revision that Slipway did not register, if its configuration is not the one that runs."""

    revision: str
    """Task definition ARN."""
    registered_by: str = ""
    """Who registered it, shortened; empty: ECS does not say."""
    registered_at: float | None = None
    changes: tuple[ConfigChange, ...] = ()
    """How it differs from the revision that runs."""
    more_changes: int = 0
    """Changes beside these (count)."""
    used: bool = False
    """Whether the new revision is a copy of it."""
    tried_by: str = ""
    """Id of the last deploy that ran a copy of it; empty: none is known."""
    tried_outcome: str = ""
    """How that one ended."""


class RevisionConfig(Record):
    """What a plan knows of the family's configuration."""

    origin: str = ""
    """ARN of the revision whose configuration will run. Somebody else registered it, and Slipway copied it.
    Empty: unknown."""
    newest: str = ""
    """ARN of the newest revision known that Slipway did not register."""
    newer: NewerRevision | None = None
    unknown_reason: Prose = ""
    """Why newer revisions could not be read: one sentence of mrkdwn."""


class Instead(StrEnum):
    """What can be asked for after a refusal."""

    AGAIN = "again"  # the same, once somebody has put right what was wrong
    RESTART = "restart"  # the version runs already
    DEPLOY = "deploy"  # the tag that was to be rolled back to, as it is now
    FORM = "form"  # a tag that somebody has to choose


class RefusalHints(Record):
    """What the card of a refused deploy offers instead."""

    external_deployment_id: str = ""
    """Refused because of an external rollout: ECS's id of its deployment. The card offers to follow it."""
    likely_tags: tuple[str, ...] = ()
    """Refused because the tag does not exist: tags that may have been meant, the likeliest first. A button
    offers the first."""
    instead: Instead | None = None
    """What a button offers; None: nobody can lift the refusal."""
    instead_tag: str = ""
    """The tag for `Instead.DEPLOY`."""
