"""A rollout in ECS: what identifies it, its counts, the images it runs, and what became of it."""

from __future__ import annotations

from enum import StrEnum

from deploys.records.quote import Prose
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
    """Running tasks that were read (count)."""
    images: tuple[RunningImage, ...] = ()
    different: tuple[RunningImage, ...] = ()
    """Those of them that are not the plan's."""
    unknown_reason: Prose = ""
    """Why it is not known: one sentence of mrkdwn."""
    unreadable_since: float | None = None
    """When AWS first did not answer such a look (epoch seconds)."""


class DrainingTasks(Record):
    """The old tasks by their own records; a service's counts leave out those that drain."""

    tasks: int
    """Old tasks whose lastStatus was not STOPPED (count)."""
    read_at: float
    """When that was read (epoch seconds)."""
    arns: tuple[str, ...] = ()
    """These tasks; empty if they are too many to be read by their ARNs."""


class ChangedSince(StrEnum):
    """Why a rollout that succeeded is not what runs any more."""

    REPLACED = "replaced"  # somebody else's newer deployment has the service
    SCALED_TO_ZERO = "emptied"  # the desired count was set to 0


class RolloutCounts(Record):
    """Counts of the rollout as last observed (tasks)."""

    new_desired: int = 0
    new_pending: int = 0
    new_running: int = 0
    old_pending: int = 0
    old_running: int = 0
    failed_tasks: int = 0
    breaker_threshold: int = 0
    """Failures after which ECS's circuit breaker trips; 0 if there is none."""
    status: str = ""
    """ECS's own word: the service deployment's status or the deployment's rolloutState."""


class EcsIdentity(Record):
    """What identifies this deploy's work in ECS."""

    new_revision: str | None = None
    deployment_id: str | None = None
    """ECS's id (ecs-svc/N) of the deployment that is ours, or is followed."""
    previous_deployment_id: str | None = None
    service_deployment_arn: str | None = None
    service_deployment_read_at: float = 0.0
    """When ECS's record of the rollout was read last (epoch seconds)."""
    update_tried: bool = False
    """Slipway tried to change the service, so it is read again before it is called unchanged."""
    update_uncertain: bool = False
    """A change was tried more than once, or got no answer: one of the calls could still arrive late."""
    rollout_started_at: float | None = None
    """When Slipway asked ECS for the rollout; the deadline counts from here. Of an external rollout: when ECS
    began it, and the deadline counts from the phase."""


class RolloutProgress(Record):
    """What was read of the rollout."""

    counts: RolloutCounts = RolloutCounts()
    serving_at: float | None = None
    """When the full count of new tasks was running. Rolling: and all old tasks were draining or gone."""
    old_tasks: tuple[str, ...] = ()
    """Rolling: ARNs of the tasks before the service was changed, until it is read which of them drain; empty
    if they are too many to be read by their ARNs."""
    new_tasks: tuple[str, ...] = ()
    """Rolling: ARNs of the new tasks once they serve; empty as `old_tasks`."""
    draining: DrainingTasks | None = None
    """Rolling and native: the old tasks, once the new ones serve."""
    images_before: tuple[RunningImage, ...] = ()
    """The images of the running tasks before the service was changed."""
    running_images: RunningImages | None = None
    """The images of the running tasks at the last read: the new tasks, or after a rollback the old ones."""
    reported_causes: tuple[str, ...] = ()
    """Causes of failed tasks that are in the thread, each once."""
    changed_since: ChangedSince | None = None
    """It succeeded, and the service changed before that was reported; None: it still runs."""
    scaled_to_zero: bool = False
    """It was superseded not by a deployment, but by a desired count that somebody set to 0."""
    corrected_at: float | None = None
    """When Slipway corrected what a late call had changed after the end. It does so once: the next change is
    intended."""

    @property
    def draining_arns(self) -> tuple[str, ...] | None:
        """ARNs of the old tasks that may still drain; None if ECS has to be searched for them."""
        if self.draining is not None:
            return self.draining.arns if len(self.draining.arns) == self.draining.tasks else None
        return self.old_tasks or None
