"""Where a deploy is and how it ended, and what each phase and outcome means."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto


class Stage(Enum):
    """How far a deploy in a phase is with changing the ECS service."""

    BEFORE_REVISION = auto()  # nothing was changed, no revision is registered
    BEFORE_CHANGE = auto()  # a revision is registered, the service is unchanged
    FIRST_CHANGE = auto()  # the first change of the service is about to be made
    CHANGED = auto()  # the service was changed
    EXTERNAL = auto()  # Slipway changes nothing
    ROLLBACK = auto()
    OVER = auto()  # the outcome is known


@dataclass(frozen=True, kw_only=True)
class PhaseFacts:
    """What a phase means: for people, and for the code."""

    label: str
    """The state on a card, as long as the outcome is open."""
    sentence: str
    """What a deploy does, behind its name: `web 1.4.2 waits for approval`."""
    batch_label: str
    """How a batch counts its deploys in this phase."""
    emoji: str
    stage: Stage
    changes_service: bool
    """Whether a call that changes the service is made in this phase. One without an answer may have
    worked."""
    watched: bool
    """Whether its step only reads ECS: one job reads for all deploys of a cluster."""
    waits_for_ecs: bool
    """Whether its step waits for something that ECS does by itself: an event of ECS makes it due."""
    counts_tasks: bool
    """Whether the card shows running and pending tasks."""
    runs_with_time: bool
    """Whether something on the card changes by itself, such as the elapsed time."""

    @property
    def service_unchanged(self) -> bool:
        """Whether the ECS service is as it was when such a phase begins and ends."""
        return self.stage in (Stage.BEFORE_REVISION, Stage.BEFORE_CHANGE)

    @property
    def before_change(self) -> bool:
        """Whether the service is unchanged until a call of this phase succeeds."""
        return self.service_unchanged or self.stage is Stage.FIRST_CHANGE

    @property
    def cancellable(self) -> bool:
        """Whether a cancel still changes what happens."""
        return self.stage not in (Stage.ROLLBACK, Stage.OVER)


_WORKING = ":arrows_counterclockwise:"
_BACK = ":leftwards_arrow_with_hook:"
_GOES_ON, _ROLLS_BACK = "under way", "rolling back"


class Phase(StrEnum):
    """Where a deploy is, and what that means. A phase without one of the facts fails at import.

    A phase that changes AWS is written before the change, as the intent to make it. Every deploy begins as
    WAITING, because the script that queues it does not know the length of the queue beforehand; the first in
    the queue is due at once.
    """

    facts: PhaseFacts

    def __new__(cls, value: str, facts: PhaseFacts) -> Phase:
        phase = str.__new__(cls, value)
        phase._value_ = value
        phase.facts = facts
        return phase

    # fmt: off
    # In the queue of its service.
    WAITING = "waiting", PhaseFacts(
        label="queued", sentence="is queued",
        batch_label="queued", emoji=":hourglass:", stage=Stage.BEFORE_REVISION,
        changes_service=False, watched=False, waits_for_ecs=False,
        counts_tasks=False, runs_with_time=False,
    )
    # Reads what runs now and what would change.
    PLANNING = "planning", PhaseFacts(
        label="planning, nothing changed yet", sentence="is being planned",
        batch_label=_GOES_ON, emoji=_WORKING, stage=Stage.BEFORE_REVISION,
        changes_service=False, watched=False, waits_for_ecs=False,
        counts_tasks=False, runs_with_time=True,
    )
    # The plan is shown, people decide.
    AWAITING_APPROVAL = "awaiting approval", PhaseFacts(
        label="waiting for approval", sentence="waits for approval",
        batch_label="waiting for approval", emoji=":raised_hand:", stage=Stage.BEFORE_REVISION,
        changes_service=False, watched=False, waits_for_ecs=False,
        counts_tasks=False, runs_with_time=False,
    )
    # About to register the new revision.
    REGISTERING = "registering", PhaseFacts(
        label="registering the new revision", sentence="registers its new revision",
        batch_label=_GOES_ON, emoji=_WORKING, stage=Stage.BEFORE_REVISION,
        changes_service=False, watched=False, waits_for_ecs=False,
        counts_tasks=False, runs_with_time=True,
    )
    # A one-off task runs with the new revision, before the rollout.
    RUNNING_PRE_TASK = "running pre-task", PhaseFacts(
        label="running the task before the rollout", sentence="runs the task before its rollout",
        batch_label=_GOES_ON, emoji=_WORKING, stage=Stage.BEFORE_CHANGE,
        changes_service=False, watched=False, waits_for_ecs=True,
        counts_tasks=False, runs_with_time=True,
    )
    # A command runs in a one-off task beside the service, which stays as it is.
    RUNNING_COMMAND = "running command", PhaseFacts(
        label="running the command", sentence="is running",
        batch_label=_GOES_ON, emoji=_WORKING, stage=Stage.BEFORE_CHANGE,
        changes_service=False, watched=False, waits_for_ecs=True,
        counts_tasks=False, runs_with_time=True,
    )
    # About to set the desired count.
    SCALING = "scaling", PhaseFacts(
        label="setting the desired count", sentence="is about to begin",
        batch_label=_GOES_ON, emoji=_WORKING, stage=Stage.FIRST_CHANGE,
        changes_service=True, watched=False, waits_for_ecs=False,
        counts_tasks=False, runs_with_time=True,
    )
    # The desired count is set, tasks start or stop.
    FOLLOWING_COUNT = "following count", PhaseFacts(
        label="scaling", sentence="is under way",
        batch_label=_GOES_ON, emoji=_WORKING, stage=Stage.CHANGED,
        changes_service=False, watched=True, waits_for_ecs=True,
        counts_tasks=True, runs_with_time=True,
    )
    # Rolling, native: about to set the service to the new revision.
    UPDATING = "updating", PhaseFacts(
        label="starting the rollout", sentence="is about to roll out",
        batch_label=_GOES_ON, emoji=_WORKING, stage=Stage.FIRST_CHANGE,
        changes_service=True, watched=False, waits_for_ecs=False,
        counts_tasks=False, runs_with_time=True,
    )
    # Stop-start: about to record the count and tasks.
    SAVING_RESTORE_POINT = "saving restore point", PhaseFacts(
        label="saving the restore point", sentence="saves the restore point",
        batch_label=_GOES_ON, emoji=_WORKING, stage=Stage.BEFORE_CHANGE,
        changes_service=False, watched=False, waits_for_ecs=False,
        counts_tasks=False, runs_with_time=True,
    )
    # Stop-start: about to set the desired count to 0.
    STOPPING = "stopping", PhaseFacts(
        label="stopping the old tasks", sentence="stops the old tasks",
        batch_label=_GOES_ON, emoji=_WORKING, stage=Stage.FIRST_CHANGE,
        changes_service=True, watched=False, waits_for_ecs=False,
        counts_tasks=False, runs_with_time=True,
    )
    # Stop-start: waits until every old task is STOPPED.
    DRAINING = "draining", PhaseFacts(
        label="waiting for the old tasks to stop", sentence="waits until every old task has stopped",
        batch_label=_GOES_ON, emoji=_WORKING, stage=Stage.CHANGED,
        changes_service=False, watched=True, waits_for_ecs=True,
        counts_tasks=False, runs_with_time=True,
    )
    # Stop-start: about to set the new revision and the recorded count in one update.
    STARTING = "starting", PhaseFacts(
        label="starting the new tasks", sentence="starts the new tasks",
        batch_label=_GOES_ON, emoji=_WORKING, stage=Stage.CHANGED,
        changes_service=True, watched=False, waits_for_ecs=False,
        counts_tasks=False, runs_with_time=True,
    )
    # Our rollout is in progress in ECS.
    FOLLOWING = "following", PhaseFacts(
        label="rolling out", sentence="rolls out",
        batch_label=_GOES_ON, emoji=_WORKING, stage=Stage.CHANGED,
        changes_service=False, watched=True, waits_for_ecs=True,
        counts_tasks=True, runs_with_time=True,
    )
    # The rollout has succeeded, the check after it runs.
    CHECKING = "checking", PhaseFacts(
        label="rolled out, checking", sentence="is rolled out and being checked",
        batch_label=_GOES_ON, emoji=_WORKING, stage=Stage.CHANGED,
        changes_service=False, watched=False, waits_for_ecs=False,
        counts_tasks=False, runs_with_time=True,
    )
    # An external rollout is in progress; Slipway changes nothing.
    FOLLOWING_EXTERNAL = "following external", PhaseFacts(
        label="rolling out", sentence="is followed",
        batch_label=_GOES_ON, emoji=_WORKING, stage=Stage.EXTERNAL,
        changes_service=False, watched=True, waits_for_ecs=True,
        counts_tasks=True, runs_with_time=True,
    )
    # About to bring back the recorded revision and count.
    RESTORING = "restoring", PhaseFacts(
        label="rolling back", sentence="is being rolled back",
        batch_label=_ROLLS_BACK, emoji=_BACK, stage=Stage.ROLLBACK,
        changes_service=True, watched=False, waits_for_ecs=False,
        counts_tasks=False, runs_with_time=True,
    )
    # The rollback is in progress in ECS.
    FOLLOWING_ROLLBACK = "following rollback", PhaseFacts(
        label="rolling back", sentence="is being rolled back",
        batch_label=_ROLLS_BACK, emoji=_BACK, stage=Stage.ROLLBACK,
        changes_service=False, watched=True, waits_for_ecs=True,
        counts_tasks=True, runs_with_time=True,
    )
    # About to set the desired count back, then waits for its tasks.
    RESTORING_COUNT = "restoring count", PhaseFacts(
        label="scaling back", sentence="is being undone",
        batch_label=_ROLLS_BACK, emoji=_BACK, stage=Stage.ROLLBACK,
        changes_service=True, watched=False, waits_for_ecs=False,
        counts_tasks=True, runs_with_time=True,
    )
    # The outcome is known, a later read confirms that it held.
    SETTLING = "settling", PhaseFacts(
        label="ended", sentence="is checked once more",
        batch_label=_GOES_ON, emoji=_WORKING, stage=Stage.OVER,
        changes_service=True, watched=False, waits_for_ecs=False,
        counts_tasks=False, runs_with_time=False,
    )
    ENDED = "ended", PhaseFacts(
        label="ended", sentence="ended",
        batch_label=_GOES_ON, emoji=_WORKING, stage=Stage.OVER,
        changes_service=False, watched=False, waits_for_ecs=False,
        counts_tasks=False, runs_with_time=False,
    )
    # fmt: on


@dataclass(frozen=True)
class OutcomeFacts:
    """What an outcome means: for people, and for the code."""

    sentence: str
    """How a deploy ended, behind its name: `web 1.4.2 was rolled back`."""
    emoji: str
    broadcast: bool
    """Whether the last reply is also shown in the channel."""


_STOPPED = ":no_entry_sign:"


class Outcome(StrEnum):
    """How a deploy ended, and what that means. None of them is 'stable'."""

    facts: OutcomeFacts

    def __new__(cls, value: str, facts: OutcomeFacts) -> Outcome:
        outcome = str.__new__(cls, value)
        outcome._value_ = value
        outcome.facts = facts
        return outcome

    # Our own rollout completed.
    SUCCEEDED = "succeeded", OutcomeFacts("succeeded", ":white_check_mark:", broadcast=False)
    # The recorded revision serves again.
    ROLLED_BACK = "rolled back", OutcomeFacts("was rolled back", _BACK, broadcast=True)
    # It did not succeed, and the recorded revision could not be brought back.
    FAILED = "failed", OutcomeFacts("failed", ":x:", broadcast=True)
    # Somebody else's newer deployment has the service.
    SUPERSEDED = "superseded", OutcomeFacts("was superseded", ":warning:", broadcast=True)
    # A person cancelled it; what had changed was brought back.
    CANCELLED = "cancelled", OutcomeFacts("was cancelled", _STOPPED, broadcast=False)
    # An approver said no.
    REJECTED = "rejected", OutcomeFacts("was rejected", _STOPPED, broadcast=False)
    # Nobody decided in time, or an external rollout did not end in time.
    EXPIRED = "expired", OutcomeFacts("expired", _STOPPED, broadcast=False)
    # A check said no before anything was changed.
    REFUSED = "refused", OutcomeFacts("was refused", _STOPPED, broadcast=True)
