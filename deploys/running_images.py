"""The images that the tasks of a rollout were seen to run, beside what its plan showed."""

from __future__ import annotations

from enum import StrEnum

from deploys.frozen import Frozen


class ImageMatch(StrEnum):
    """What the running tasks say of the plan."""

    SAME = "same"  # every running task has the images of the plan
    DIFFERENT = "different"  # a running task has another image
    UNKNOWN = "unknown"  # the tasks, or the registry, did not tell
    NOT_COMPARED = "not compared"  # the plan knows no digest, since its registry cannot be asked


class RunningImage(Frozen):
    """One image that a container runs."""

    container: str
    digest: str
    """sha256 digest that ECS reports: of the image, or of the index of a multi-architecture image."""
    tasks: int
    """Running tasks that have it (count)."""


class RunningImages(Frozen):
    """One look at the running tasks."""

    match: ImageMatch
    tasks: int = 0
    """Running tasks that were looked at (count)."""
    images: tuple[RunningImage, ...] = ()
    different: tuple[RunningImage, ...] = ()
    """Those of them that are not the plan's."""
    unknown: str = ""
    """Why it is not known: one sentence of mrkdwn."""
    unread_since: float | None = None
    """When AWS first did not answer such a look (epoch seconds)."""
