"""The stages of a deployment that shifts traffic, and the hooks that run at them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stage:
    name: str
    """As `lifecycleStage` gives it."""
    hook_point: str | None
    """The stage by which lifecycle hooks ask to be run here; None where none can be."""
    production: float
    """Percentage of production traffic that the target revision gets from here on."""
    test: float
    """Percentage of test traffic."""
    seconds: float = 0.0
    """How long the stage lasts at least, at speed 1."""


@dataclass(frozen=True, slots=True)
class Hook:
    """A lifecycle hook that has been started."""

    id: str
    stage: int
    """Index of the stage that waits for it."""
    target_type: str
    """PAUSE or AWS_LAMBDA."""
    target_arn: str | None
    status: str
    """AWAITING_ACTION, IN_PROGRESS, SUCCEEDED, FAILED or TIMED_OUT."""
    expires_at: float
    timeout_action: str
    """CONTINUE or ROLLBACK."""

    @property
    def waits(self) -> bool:
        return self.status in ("AWAITING_ACTION", "IN_PROGRESS")

    @property
    def demands_rollback(self) -> bool:
        return self.status == "FAILED" or (self.status == "TIMED_OUT" and self.timeout_action == "ROLLBACK")
