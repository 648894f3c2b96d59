"""How an ECS service that is BLUE_GREEN, LINEAR or CANARY moves its traffic, and how far it is.

The words are ECS's (API reference, DeploymentConfiguration and ServiceDeployment); weights are percent.
"""

from __future__ import annotations

from enum import StrEnum

from deploys.records.record import Record


class HookAction(StrEnum):
    """The answer to a PAUSE hook: ECS's enum DeploymentLifecycleHookAction."""

    CONTINUE = "CONTINUE"  # on to the next stage
    ROLLBACK = "ROLLBACK"  # back to the revision before

    @classmethod
    def parse(cls, word: str) -> HookAction | None:
        """The action that ECS names; None for one that this version does not know."""
        return next((each for each in cls if each.value == word), None)


class PlannedPause(Record):
    """A PAUSE hook as the service is configured."""

    stages: tuple[str, ...]
    """Lifecycle stages at which ECS waits for an answer."""
    timeout_seconds: int
    """Seconds ECS waits at each."""
    timeout_action: HookAction | None
    """What ECS does then; None if Slipway does not know the word."""


class TrafficPlan(Record):
    """What the ECS service is configured to do with each new revision."""

    strategy: str
    """BLUE_GREEN, LINEAR or CANARY."""
    bake_seconds: int = 0
    """Seconds both revisions go on running once all traffic has moved."""
    step_percent: float = 100.0
    """Share of production traffic that moves first (CANARY) or at each step (LINEAR)."""
    step_wait_seconds: int = 0
    """Seconds between two shifts."""
    pauses: tuple[PlannedPause, ...] = ()
    alarms: tuple[str, ...] = ()
    """CloudWatch alarms that ECS watches during the rollout."""
    alarms_roll_back: bool = False

    @property
    def wait_count(self) -> int:
        """Shifts that are followed by a wait (count)."""
        if self.step_percent >= 100 or self.step_percent <= 0:
            return 0
        return 1 if self.strategy == "CANARY" else -(-1000 // round(self.step_percent * 10)) - 1

    @property
    def wait_seconds(self) -> int:
        """Seconds that pass by configuration alone: between shifts, and while it bakes."""
        return self.wait_count * self.step_wait_seconds + self.bake_seconds


class PauseEnd(StrEnum):
    """How a pause was left."""

    ANSWERED = "answered"  # as a person answered in Slack
    ANSWERED_ELSEWHERE = "answered elsewhere"  # continued outside Slipway, such as in the console
    TIMED_OUT = "timed out"  # ECS ran its timeout action
    CLOSED_BY_ECS = "called off"  # ECS closed it: the rollout ends or rolls back


class PauseAnswer(Record):
    """One person's answer to a pause."""

    user: str
    team: str = ""
    channel: str = ""
    """Where it was given; access is checked again with these before ECS is told."""
    command_line: str = ""
    """As of a request."""
    action: HookAction
    at: float
    send_tried: bool = False
    """ECS was told, or was about to be told."""
    accepted_at: float | None = None
    """When ECS accepted it."""


class Pause(Record):
    """A PAUSE hook at which ECS waits, or waited. Its number is its place in `TrafficShift.pauses`, from
    1."""

    hook_id: str
    stage: str
    """Lifecycle stage in which it was found."""
    since: float
    expires_at: float | None
    timeout_action: HookAction | None
    answer: PauseAnswer | None = None
    end: PauseEnd | None = None
    ended_at: float | None = None


class TrafficShift(Record):
    """How far the traffic has moved, at the last read."""

    stage: str = ""
    """ECS's lifecycle stage."""
    stage_since: float = 0.0
    """When it was first found in that stage."""
    new_production_percent: float | None = None
    """Share of production traffic that the new revision is to get; None if ECS does not say."""
    new_test_percent: float | None = None
    """Share of test traffic, likewise."""
    old_production_percent: float | None = None
    """Share of production traffic that the old revisions are to keep, likewise."""
    pauses: tuple[Pause, ...] = ()
    reported: tuple[str, ...] = ()
    """What is in the thread, each once."""
    alarms: tuple[str, ...] = ()
    """CloudWatch alarms that fired."""

    @property
    def open_pause(self) -> Pause | None:
        """The pause that is not over; None if there is none."""
        return self.pauses[-1] if self.pauses and self.pauses[-1].end is None else None

    def with_last_pause(self, pause: Pause) -> TrafficShift:
        """The same with its last pause changed."""
        return self.evolve(pauses=(*self.pauses[:-1], pause))
