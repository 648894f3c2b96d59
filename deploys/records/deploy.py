"""The record of one deploy: what was asked, where it is, what was seen and how it ended."""

from __future__ import annotations

import secrets
from typing import Any

from deploys.catalogue.service import Service
from deploys.records.approval import Cancel, Decision, Verdict
from deploys.records.phases import Outcome, Phase, Verb
from deploys.records.plan import ContainerChange, Plan
from deploys.records.pre_task_and_post_check import PostCheckRun, PreTaskRun
from deploys.records.record import Record
from deploys.records.restore_point import OldTask, RestorePoint, RolloutCounts, SavedScaling
from deploys.records.rollback import EcsRollback, RollbackProgress
from deploys.records.rollout import ChangedSince, DrainingTasks, RunningImage, RunningImages
from deploys.records.thread_messages import ThreadMessage, ThreadMessageKind
from deploys.records.traffic import TrafficShift

__all__ = [
    "Cancel",
    "ContainerChange",
    "Decision",
    "Deploy",
    "OldTask",
    "Outcome",
    "Phase",
    "Plan",
    "Request",
    "RestorePoint",
    "RolloutCounts",
    "ThreadMessage",
    "ThreadMessageKind",
    "Verb",
    "Verdict",
    "new_deploy_id",
]


class Request(Record):
    """What was asked for, by whom, and where."""

    rollback_target: str = ""
    """Rollback: the tag or deploy id that was asked for; empty: what ran before."""
    reason: str = ""
    requester: str
    team: str
    channel: str
    thread_ts: str | None = None
    """The thread it was asked for in; None: the bot opens one."""
    new_thread: bool = False
    """Whether the message at its root had no replies yet, so that nobody can be answered alone in it."""
    requested_at: float
    batch_id: str | None = None
    """Id of the batch it was asked for in; None: it was asked for alone."""
    batch_position: int = 0
    """Its place in that batch (from 0)."""


class Approval(Record):
    """The approval question, and what people decided."""

    decisions: tuple[Decision, ...] = ()
    question: int = 0
    """Counts the approval questions; a button answers only the question it was shown with."""
    shown_at: float | None = None
    """When Slack took a card with this question's buttons. Only then does its time begin."""
    expires_at: float | None = None
    """When nobody can answer it any more; None while nobody has seen it."""


class EcsIdentity(Record):
    """What identifies this deploy's work in ECS."""

    new_revision: str | None = None
    deployment_id: str | None = None
    """ECS's id (ecs-svc/N) of the deployment that is ours, or is followed."""
    previous_deployment_id: str | None = None
    service_deployment_arn: str | None = None
    update_tried: bool = False
    """A change of the service was attempted, so it is looked at again before it is called unchanged."""
    update_uncertain: bool = False
    """A change was tried more than once, or without an answer: one of them could still arrive late."""
    rollout_started_at: float | None = None
    """When ECS was asked for the rollout; the deadline counts from here. Of one that is not ours: when ECS
    began it, and the deadline counts from the phase."""


class RefusalHints(Record):
    """What a refused deploy's card offers instead."""

    external_deployment_id: str = ""
    """Refused for a rollout that is not ours: ECS's id of its deployment. The card offers to follow it."""
    likely_tags: tuple[str, ...] = ()
    """Refused for a tag that is not there: those that may have been meant, the likeliest first. A button
    offers that one."""


class StopProgress(Record):
    """Stop-start: what is stopped, and what brings it back."""

    restore_point: RestorePoint | None = None
    old_tasks: tuple[OldTask, ...] = ()
    scaling: SavedScaling | None = None
    """Stop-start: how the service was scaled, where it is."""
    slow_tasks_reported_at: float | None = None
    """When the thread was told that old tasks take longer to stop than they should."""
    requested_at: float | None = None
    all_stopped_at: float | None = None

    @property
    def owns_count(self) -> bool:
        """Whether this deploy changes the service's desired count, and so has to bring it back."""
        return self.restore_point is not None


class RolloutProgress(Record):
    """What was seen of the rollout."""

    serving_at: float | None = None
    """When the full count of new tasks was running. Rolling: and no old task but those that drain."""
    draining: DrainingTasks | None = None
    """Rolling and native: the old tasks, once the new ones serve."""
    changed_since: ChangedSince | None = None
    """It succeeded, and what became of the service before that was told; None: it runs."""
    scaled_to_zero: bool = False
    """Superseded not by a deployment, but by a desired count that somebody set to 0."""
    images_before: tuple[RunningImage, ...] = ()
    """The images of the running tasks before the service was changed."""
    running_images: RunningImages | None = None
    """The images of the running tasks at the last look: the new ones, or after a way back the old ones."""
    counts: RolloutCounts = RolloutCounts()
    reported_causes: tuple[str, ...] = ()
    """Causes of failed tasks that the thread was told, each once."""
    corrected_at: float | None = None
    """When what had moved after the end was set right: once, since the next time somebody wants it so."""


class Rollback(Record):
    """How the recorded revision comes back."""

    revision_copy: str | None = None
    """A copy of the recorded revision, where that one was deregistered meanwhile and cannot be restored."""
    outcome: Outcome | None = None
    """The outcome that will stand once the way back is finished."""
    ecs_rollback: EcsRollback | None = None
    """ECS's own way back, once it was seen under way."""
    progress: RollbackProgress | None = None
    """The way back, once it has begun."""


class Retries(Record):
    """Failed tries of the present step."""

    attempts: int = 0
    """Failed tries of the present step, one after another (count)."""
    failing_since: float | None = None
    """When the first of them failed."""
    channel_told_at: float | None = None
    """When the channel was last told that somebody should have a look."""
    last_error: str = ""
    """What the last failed try said, for people."""


class Deploy(Record):
    """One deploy, from the request to its end. All times are epoch seconds."""

    id: str
    version: int = 0
    """Raised by every commit; a commit names the version it was made from."""
    service: Service
    request: Request
    approval: Approval = Approval()
    ecs: EcsIdentity = EcsIdentity()
    refusal: RefusalHints = RefusalHints()
    stop: StopProgress = StopProgress()
    rollout: RolloutProgress = RolloutProgress()
    rollback: Rollback = Rollback()
    retries: Retries = Retries()
    verb: Verb = Verb.DEPLOY
    tag: str
    """The tag to run. For a restart or rollback: empty until the plan says which that is."""

    phase: Phase = Phase.PLANNING
    phase_since: float = 0.0
    outcome: Outcome | None = None
    ended_at: float | None = None
    """When the outcome was known."""
    outcome_reason: str = ""
    """Why it ended that way, or is being rolled back: one sentence of mrkdwn."""

    plan: Plan | None = None
    cancel: Cancel | None = None

    pre_task: PreTaskRun | None = None
    """The task before the rollout, once ECS is asked for it."""
    post_check: PostCheckRun | None = None
    """The check after the rollout, once it has begun."""

    traffic: TrafficShift | None = None
    """Where ECS is with moving the traffic (native strategies)."""
    pending_confirmation: str = ""
    """An end seen once; it stands when a second read agrees."""
    thread_messages: tuple[ThreadMessage, ...] = ()

    @property
    def in_progress(self) -> bool:
        """Whether its outcome is still open."""
        return self.outcome is None

    @property
    def question_not_shown(self) -> bool:
        """Whether its approval question is open, and Slack has not shown it to anybody yet."""
        return self.phase is Phase.AWAITING_APPROVAL and self.approval.expires_at is None

    @property
    def has_new_revision(self) -> bool:
        """Whether a revision was registered for it, which stays whatever becomes of the deploy."""
        return self.ecs.new_revision is not None and (
            self.plan is None or self.ecs.new_revision != self.plan.source_revision
        )

    @property
    def thread_id(self) -> str:
        """Whose thread tells of it: its batch's, or its own."""
        return self.request.batch_id or self.id

    @property
    def request_key(self) -> str:
        """What was asked for, as the store tells two requests apart: `1.4.2`, `restart:`, `rollback:1.4.1`.

        No tag has a colon, so a tag named `restart` is not taken for one.
        """
        return self.tag if self.verb is Verb.DEPLOY else f"{self.verb}:{self.request.rollback_target}"

    @property
    def cluster_key(self) -> str:
        """Region and cluster, as one role sees them: deploys with the same key are watched together."""
        role = f"@{self.service.role.arn}" if self.service.role else ""
        return f"{self.service.region}/{self.service.cluster}{role}"

    @property
    def downtime_seconds(self) -> float | None:
        """Seconds between the request to stop and the full count running again."""
        if self.stop.requested_at is None or self.rollout.serving_at is None:
            return None
        return self.rollout.serving_at - self.stop.requested_at

    def in_phase(self, phase: Phase, now: float, **changes: Any) -> Deploy:
        """The same deploy in another phase."""
        entered = self.evolve(phase=phase, phase_since=now, pending_confirmation="", retries=Retries())
        return entered.evolve(**changes) if changes else entered

    def reset_attempts(self) -> Deploy:
        """The same deploy with its failed tries forgotten."""
        return self.evolve(retries={"attempts": 0, "last_error": "", "failing_since": None})

    def with_message(
        self, now: float, kind: ThreadMessageKind, text: str, *, broadcast: bool = False, **changes: Any
    ) -> Deploy:
        """The same deploy with one more reply for its thread."""
        said = ThreadMessage(at=now, kind=kind, text=text, broadcast=broadcast)
        return self.evolve(thread_messages=(*self.thread_messages, said), **changes)


_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def new_deploy_id() -> str:
    """A short id that people can read aloud and type: eight characters, none of them alike."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(8))
