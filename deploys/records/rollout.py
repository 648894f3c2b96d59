"""The images that the tasks of a rollout were seen to run, beside what its plan showed.

Old tasks that are on their way down while the new ones serve.

What became of a service between the end of its rollout and the look that told of it.
"""

from __future__ import annotations

from enum import StrEnum

from deploys.records.record import Record


class ImageMatch(StrEnum):
    """What the running tasks say of the plan."""

    SAME = "same"  # every running task has the images of the plan
    DIFFERENT = "different"  # a running task has another image
    UNKNOWN = "unknown"  # the tasks, or the registry, did not tell
    NOT_COMPARED = "not compared"  # the plan knows no digest, since its registry cannot be asked


class RunningImage(Record):
    """One image that a container runs."""

    container: str
    digest: str
    """sha256 digest that ECS reports: of the image, or of the index of a multi-architecture image."""
    tasks: int
    """Running tasks that have it (count)."""


class RunningImages(Record):
    """One look at the running tasks."""

    match: ImageMatch
    tasks: int = 0
    """Running tasks that were looked at (count)."""
    images: tuple[RunningImage, ...] = ()
    different: tuple[RunningImage, ...] = ()
    """Those of them that are not the plan's."""
    unknown_reason: str = ""
    """Why it is not known: one sentence of mrkdwn."""
    unreadable_since: float | None = None
    """When AWS first did not answer such a look (epoch seconds)."""


class DrainingTasks(Record):
    """What task records said of the old tasks; a service's counts leave out those that drain."""

    tasks: int
    """Old tasks whose lastStatus was not STOPPED (count)."""
    read_at: float
    """When that was read (epoch seconds)."""


class ChangedSince(StrEnum):
    """Why a rollout that succeeded is not what runs any more."""

    REPLACED = "replaced"  # somebody else's newer deployment has the service
    SCALED_TO_ZERO = "emptied"  # the desired count was set to 0
