"""What a stop-start deploy does to Application Auto Scaling: part of its record."""

from __future__ import annotations

from deploys.frozen import Frozen


class Suspension(Frozen):
    """Which processes of Application Auto Scaling are suspended (its API reference, SuspendedState)."""

    scale_in: bool = False
    scale_out: bool = False
    scheduled: bool = False


EVERYTHING = Suspension(scale_in=True, scale_out=True, scheduled=True)
"""Nothing changes the desired count any more."""


class Scaling(Frozen):
    """How a service was scaled before it is stopped. Written before anything is suspended."""

    minimum: int = 0
    """The least it is scaled to (tasks); for people."""
    maximum: int = 0
    """The most it is scaled to (tasks); for people."""
    before: Suspension
    """What was suspended then, and has to be again on every way out."""
    tried: bool = False
    """Suspending everything was begun."""
    put_back: bool = False
    """It was seen to be as before, or somebody else set something else."""
    put_back_late: bool = False
    """It was found suspended after it had been put back, and put back once more."""

    @property
    def pending(self) -> bool:
        """Whether it may still be suspended by us."""
        return self.tried and not self.put_back


class ScalingPlan(Frozen):
    """What a plan says about scaling."""

    minimum: int = 0
    maximum: int = 0
    before: Suspension = Suspension()
    unknown: str = ""
    """Why it is not known whether the service is scaled at all; the rest says nothing then."""

    def reaches(self, count: int) -> bool:
        """Whether the service is scaled to counts like this one (tasks)."""
        return self.minimum <= count <= self.maximum
