"""Where a deploy is and how it ended, and what each phase and outcome means: one table for each."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto


class Phase(StrEnum):
    """Where a deploy is. A phase that changes AWS is written before the change, as the intent to make it.

    Every deploy begins as WAITING, because the script that queues it does not know the length of the queue
    beforehand. The first in the queue is due at once.
    """

    WAITING = "waiting"  # in the queue of its service
    PLANNING = "planning"  # reads what runs now and what would change
    AWAITING_APPROVAL = "awaiting approval"  # the plan is shown, people decide
    REGISTERING = "registering"  # about to register the new revision
    RUNNING_PRE_TASK = "running pre-task"  # a one-off task runs with the new revision, before the rollout
    UPDATING = "updating"  # rolling, native: about to set the service to the new revision
    SAVING_RESTORE_POINT = "saving restore point"  # stop-start: about to record the count and tasks
    STOPPING = "stopping"  # stop-start: about to set the desired count to 0
    DRAINING = "draining"  # stop-start: waits until every old task is STOPPED
    STARTING = "starting"  # stop-start: about to set the new revision and the recorded count in one update
    FOLLOWING = "following"  # our rollout is in progress in ECS
    CHECKING = "checking"  # the rollout has succeeded, the check after it runs
    FOLLOWING_EXTERNAL = "following external"  # an external rollout is in progress; Slipway changes nothing
    RESTORING = "restoring"  # about to bring back the recorded revision and count
    FOLLOWING_ROLLBACK = "following rollback"  # the rollback is in progress in ECS
    SETTLING = "settling"  # the outcome is known, a later read confirms that it held
    ENDED = "ended"

    @property
    def facts(self) -> PhaseFacts:
        """What this phase means."""
        return PHASE_FACTS[self]


class Stage(Enum):
    """How far a deploy in a phase is with changing the ECS service."""

    BEFORE_REVISION = auto()  # nothing was changed, no revision is registered
    BEFORE_CHANGE = auto()  # a revision is registered, the service is unchanged
    FIRST_CHANGE = auto()  # the first change of the service is about to be made
    CHANGED = auto()  # the service was changed
    EXTERNAL = auto()  # Slipway changes nothing
    ROLLBACK = auto()
    OVER = auto()  # the outcome is known


@dataclass(frozen=True)
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
    """Whether this phase makes a call that changes the service. One without an answer may have worked."""
    watched: bool
    """Whether its step only reads ECS: one job reads for all deploys of a cluster."""
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

PHASE_FACTS: Mapping[Phase, PhaseFacts] = {
    Phase.WAITING: PhaseFacts(
        label="queued",
        sentence="waits in line",
        batch_label="queued",
        emoji=":hourglass:",
        stage=Stage.BEFORE_REVISION,
        changes_service=False,
        watched=False,
        counts_tasks=False,
        runs_with_time=False,
    ),
    Phase.PLANNING: PhaseFacts(
        label="planning, nothing changed yet",
        sentence="is being planned",
        batch_label=_GOES_ON,
        emoji=_WORKING,
        stage=Stage.BEFORE_REVISION,
        changes_service=False,
        watched=False,
        counts_tasks=False,
        runs_with_time=True,
    ),
    Phase.AWAITING_APPROVAL: PhaseFacts(
        label="waiting for approval",
        sentence="waits for approval",
        batch_label="waiting for approval",
        emoji=":raised_hand:",
        stage=Stage.BEFORE_REVISION,
        changes_service=False,
        watched=False,
        counts_tasks=False,
        runs_with_time=False,
    ),
    Phase.REGISTERING: PhaseFacts(
        label="registering the new revision",
        sentence="registers its new revision",
        batch_label=_GOES_ON,
        emoji=_WORKING,
        stage=Stage.BEFORE_REVISION,
        changes_service=False,
        watched=False,
        counts_tasks=False,
        runs_with_time=True,
    ),
    Phase.RUNNING_PRE_TASK: PhaseFacts(
        label="running the task before the rollout",
        sentence="runs the task before its rollout",
        batch_label=_GOES_ON,
        emoji=_WORKING,
        stage=Stage.BEFORE_CHANGE,
        changes_service=False,
        watched=False,
        counts_tasks=False,
        runs_with_time=True,
    ),
    Phase.UPDATING: PhaseFacts(
        label="starting the rollout",
        sentence="is about to roll out",
        batch_label=_GOES_ON,
        emoji=_WORKING,
        stage=Stage.FIRST_CHANGE,
        changes_service=True,
        watched=False,
        counts_tasks=False,
        runs_with_time=True,
    ),
    Phase.SAVING_RESTORE_POINT: PhaseFacts(
        label="saving the restore point",
        sentence="writes down what to bring back",
        batch_label=_GOES_ON,
        emoji=_WORKING,
        stage=Stage.BEFORE_CHANGE,
        changes_service=False,
        watched=False,
        counts_tasks=False,
        runs_with_time=True,
    ),
    Phase.STOPPING: PhaseFacts(
        label="stopping the old tasks",
        sentence="stops the old tasks",
        batch_label=_GOES_ON,
        emoji=_WORKING,
        stage=Stage.FIRST_CHANGE,
        changes_service=True,
        watched=False,
        counts_tasks=False,
        runs_with_time=True,
    ),
    Phase.DRAINING: PhaseFacts(
        label="waiting for the old tasks to stop",
        sentence="waits until every old task has stopped",
        batch_label=_GOES_ON,
        emoji=_WORKING,
        stage=Stage.CHANGED,
        changes_service=False,
        watched=True,
        counts_tasks=False,
        runs_with_time=True,
    ),
    Phase.STARTING: PhaseFacts(
        label="starting the new tasks",
        sentence="starts the new tasks",
        batch_label=_GOES_ON,
        emoji=_WORKING,
        stage=Stage.CHANGED,
        changes_service=True,
        watched=False,
        counts_tasks=False,
        runs_with_time=True,
    ),
    Phase.FOLLOWING: PhaseFacts(
        label="rolling out",
        sentence="rolls out",
        batch_label=_GOES_ON,
        emoji=_WORKING,
        stage=Stage.CHANGED,
        changes_service=False,
        watched=True,
        counts_tasks=True,
        runs_with_time=True,
    ),
    Phase.CHECKING: PhaseFacts(
        label="rolled out, checking",
        sentence="is rolled out and being checked",
        batch_label=_GOES_ON,
        emoji=_WORKING,
        stage=Stage.CHANGED,
        changes_service=False,
        watched=False,
        counts_tasks=False,
        runs_with_time=True,
    ),
    Phase.FOLLOWING_EXTERNAL: PhaseFacts(
        label="rolling out",
        sentence="is followed",
        batch_label=_GOES_ON,
        emoji=_WORKING,
        stage=Stage.EXTERNAL,
        changes_service=False,
        watched=True,
        counts_tasks=True,
        runs_with_time=True,
    ),
    Phase.RESTORING: PhaseFacts(
        label="rolling back",
        sentence="is being rolled back",
        batch_label=_ROLLS_BACK,
        emoji=_BACK,
        stage=Stage.ROLLBACK,
        changes_service=True,
        watched=False,
        counts_tasks=False,
        runs_with_time=True,
    ),
    Phase.FOLLOWING_ROLLBACK: PhaseFacts(
        label="rolling back",
        sentence="is being rolled back",
        batch_label=_ROLLS_BACK,
        emoji=_BACK,
        stage=Stage.ROLLBACK,
        changes_service=False,
        watched=True,
        counts_tasks=True,
        runs_with_time=True,
    ),
    Phase.SETTLING: PhaseFacts(
        label="ended",
        sentence="is looked at once more",
        batch_label=_GOES_ON,
        emoji=_WORKING,
        stage=Stage.OVER,
        changes_service=True,
        watched=False,
        counts_tasks=False,
        runs_with_time=False,
    ),
    Phase.ENDED: PhaseFacts(
        label="ended",
        sentence="ended",
        batch_label=_GOES_ON,
        emoji=_WORKING,
        stage=Stage.OVER,
        changes_service=False,
        watched=False,
        counts_tasks=False,
        runs_with_time=False,
    ),
}


class Outcome(StrEnum):
    """How a deploy ended. None of them is 'stable'."""

    SUCCEEDED = "succeeded"  # our own rollout completed
    ROLLED_BACK = "rolled back"  # the recorded revision serves again
    FAILED = "failed"  # it did not succeed, and the recorded revision could not be brought back
    SUPERSEDED = "superseded"  # somebody else's newer deployment has the service
    CANCELLED = "cancelled"  # a person cancelled it; what had changed was brought back
    REJECTED = "rejected"  # an approver said no
    EXPIRED = "expired"  # nobody decided in time, or an external rollout did not end in time
    REFUSED = "refused"  # a check said no before anything was changed

    @property
    def facts(self) -> OutcomeFacts:
        """What this outcome means."""
        return OUTCOME_FACTS[self]


@dataclass(frozen=True)
class OutcomeFacts:
    """What an outcome means: for people, and for the code."""

    sentence: str
    """How a deploy ended, behind its name: `web 1.4.2 was rolled back`."""
    emoji: str
    broadcast: bool
    """Whether the last reply is also shown in the channel."""


_STOPPED = ":no_entry_sign:"

OUTCOME_FACTS: Mapping[Outcome, OutcomeFacts] = {
    Outcome.SUCCEEDED: OutcomeFacts("succeeded", ":white_check_mark:", broadcast=False),
    Outcome.ROLLED_BACK: OutcomeFacts("was rolled back", _BACK, broadcast=True),
    Outcome.FAILED: OutcomeFacts("failed", ":x:", broadcast=True),
    Outcome.SUPERSEDED: OutcomeFacts("was superseded", ":warning:", broadcast=True),
    Outcome.CANCELLED: OutcomeFacts("was cancelled", _STOPPED, broadcast=False),
    Outcome.REJECTED: OutcomeFacts("was rejected", _STOPPED, broadcast=False),
    Outcome.EXPIRED: OutcomeFacts("expired", _STOPPED, broadcast=False),
    Outcome.REFUSED: OutcomeFacts("was refused", _STOPPED, broadcast=True),
}


def require_every(members: Iterable[Enum], facts: Container[object]) -> None:
    """Fails at import if a member has no row."""
    if missing := [each.name for each in members if each not in facts]:
        raise TypeError(f"no facts about {', '.join(missing)}")


require_every(Phase, PHASE_FACTS)
require_every(Outcome, OUTCOME_FACTS)
