"""The record of one deploy: what was asked, where it is, what was seen and how it ended."""

from __future__ import annotations

import secrets
from typing import Any

from deploys.aftermath import Aftermath
from deploys.answers import Cancel, Decision, Verdict
from deploys.catalogue.service import Service
from deploys.checked import Check
from deploys.draining import Draining
from deploys.ecs_back import EcsBack
from deploys.frozen import Frozen
from deploys.milestones import Milestone, MilestoneKind
from deploys.observed import Original, Rollout, TaskAlive
from deploys.one_off import OneOff
from deploys.phase import Outcome, Phase, Verb
from deploys.plan import ContainerChange, Plan
from deploys.running_images import RunningImage, RunningImages
from deploys.scaling import Scaling
from deploys.traffic import Shift
from deploys.way_back import WayBack

__all__ = [
    "Cancel",
    "ContainerChange",
    "Decision",
    "Deploy",
    "Milestone",
    "MilestoneKind",
    "Original",
    "Outcome",
    "Phase",
    "Plan",
    "Rollout",
    "TaskAlive",
    "Verb",
    "Verdict",
    "new_deploy_id",
]


class Deploy(Frozen):
    """One deploy, from the request to its end. All times are epoch seconds."""

    id: str
    version: int = 0
    """Raised by every commit; a commit names the version it was made from."""
    service: Service
    verb: Verb = Verb.DEPLOY
    tag: str
    """The tag to run. For a restart or rollback: empty until the plan says which that is."""
    target: str = ""
    """Rollback: the tag or deploy id that was asked for; empty: what ran before."""
    why: str = ""
    requester: str
    team: str
    channel: str
    thread_ts: str | None = None
    """The thread it was asked for in; None: the bot opens one."""
    new_thread: bool = False
    """Whether the message at its root had no replies yet, so that nobody can be answered alone in it."""
    requested_at: float
    batch: str | None = None
    """Id of the batch it was asked for in; None: it was asked for alone."""
    place: int = 0
    """Its place in that batch (from 0)."""

    phase: Phase = Phase.PLANNING
    phase_since: float = 0.0
    outcome: Outcome | None = None
    ended_at: float | None = None
    """When the outcome was known."""
    reason: str = ""
    """Why it ended that way, or is being rolled back: one sentence of mrkdwn."""

    plan: Plan | None = None
    decisions: tuple[Decision, ...] = ()
    question: int = 0
    """Counts the approval questions; a button answers only the question it was shown with."""
    question_shown_at: float | None = None
    """When Slack took a card with this question's buttons. Only then does its time begin."""
    question_expires_at: float | None = None
    """When nobody can answer it any more; None while nobody has seen it."""
    cancel: Cancel | None = None

    new_revision: str | None = None
    deployment_id: str | None = None
    """ECS's id (ecs-svc/N) of the deployment that is ours, or is followed."""
    previous_deployment_id: str | None = None
    service_deployment_arn: str | None = None
    update_tried: bool = False
    """A change of the service was attempted, so it is looked at again before it is called unchanged."""
    uncertain: bool = False
    """A change was tried more than once, or without an answer: one of them could still arrive late."""
    started_at: float | None = None
    """When ECS was asked for the rollout; the deadline counts from here. Of one that is not ours: when ECS
    began it, and the deadline counts from the phase."""
    in_the_way: str = ""
    """Refused for a rollout that is not ours: ECS's id of its deployment. The card offers to follow it."""

    likely_tags: tuple[str, ...] = ()
    """Refused for a tag that is not there: those that may have been meant, the likeliest first. A button
    offers that one."""

    one_off: OneOff | None = None
    """The task before the rollout, once ECS is asked for it."""
    check: Check | None = None
    """The check after the rollout, once it has begun."""

    original: Original | None = None
    alive: tuple[TaskAlive, ...] = ()
    scaling: Scaling | None = None
    """Stop-start: how the service was scaled, where it is."""
    lingering_told_at: float | None = None
    """When the thread was told that old tasks take longer to stop than they should."""
    stop_requested_at: float | None = None
    all_stopped_at: float | None = None
    serving_at: float | None = None
    """When the full count of new tasks was running. Rolling: and no old task but those that drain."""
    draining: Draining | None = None
    """Rolling and native: the old tasks, once the new ones serve."""

    aftermath: Aftermath | None = None
    """It succeeded, and what became of the service before that was told; None: it runs."""
    restore_revision: str | None = None
    """A copy of the recorded revision, where that one was deregistered meanwhile and cannot be restored."""
    emptied: bool = False
    """Superseded not by a deployment, but by a desired count that somebody set to 0."""
    back_to: Outcome | None = None
    """The outcome that will stand once the way back is finished."""
    ecs_back: EcsBack | None = None
    """ECS's own way back, once it was seen under way."""
    way_back: WayBack | None = None
    """The way back, once it has begun."""
    images_before: tuple[RunningImage, ...] = ()
    """The images of the running tasks before the service was changed."""
    running_images: RunningImages | None = None
    """The images of the running tasks at the last look: the new ones, or after a way back the old ones."""
    rollout: Rollout = Rollout()
    shift: Shift | None = None
    """Where ECS is with moving the traffic (native strategies)."""
    told_causes: tuple[str, ...] = ()
    """Causes of failed tasks that the thread was told, each once."""
    seen_end: str = ""
    """An end seen once; it stands when a second read agrees."""
    attempts: int = 0
    """Failed tries of the present step, one after another (count)."""
    failing_since: float | None = None
    """When the first of them failed."""
    loud_at: float | None = None
    """When the channel was last told that somebody should have a look."""
    set_right_at: float | None = None
    """When what had moved after the end was set right: once, since the next time somebody wants it so."""
    last_error: str = ""
    """What the last failed try said, for people."""
    milestones: tuple[Milestone, ...] = ()

    @property
    def live(self) -> bool:
        """Whether its outcome is still open."""
        return self.outcome is None

    @property
    def question_unseen(self) -> bool:
        """Whether its approval question is open, and Slack has not shown it to anybody yet."""
        return self.phase is Phase.AWAITING_APPROVAL and self.question_expires_at is None

    @property
    def registered(self) -> bool:
        """Whether a revision was registered for it, which stays whatever becomes of the deploy."""
        return self.new_revision is not None and (
            self.plan is None or self.new_revision != self.plan.source_revision
        )

    @property
    def told_in(self) -> str:
        """Whose thread tells of it: its batch's, or its own."""
        return self.batch or self.id

    @property
    def errand(self) -> str:
        """What was asked for, as the store tells two requests apart: `1.4.2`, `restart:`, `rollback:1.4.1`.

        No tag has a colon, so a tag named `restart` is not taken for one.
        """
        return self.tag if self.verb is Verb.DEPLOY else f"{self.verb}:{self.target}"

    @property
    def cluster_key(self) -> str:
        """Region and cluster, as one role sees them: deploys with the same key are watched together."""
        role = f"@{self.service.role.arn}" if self.service.role else ""
        return f"{self.service.region}/{self.service.cluster}{role}"

    @property
    def downtime(self) -> float | None:
        """Seconds between the request to stop and the full count running again."""
        if self.stop_requested_at is None or self.serving_at is None:
            return None
        return self.serving_at - self.stop_requested_at

    def at(self, phase: Phase, now: float, **changes: Any) -> Deploy:
        """The same deploy in another phase."""
        fresh: dict[str, Any] = {"seen_end": "", "loud_at": None}
        return self.trying_anew().evolve(phase=phase, phase_since=now, **{**fresh, **changes})

    def trying_anew(self) -> Deploy:
        """The same deploy with its failed tries forgotten."""
        return self.evolve(attempts=0, last_error="", failing_since=None)

    def saying(
        self, now: float, kind: MilestoneKind, text: str, *, broadcast: bool = False, **changes: Any
    ) -> Deploy:
        """The same deploy with one more reply for its thread."""
        said = Milestone(at=now, kind=kind, text=text, broadcast=broadcast)
        return self.evolve(milestones=(*self.milestones, said), **changes)


_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def new_deploy_id() -> str:
    """A short id that people can read aloud and type: eight characters, none of them alike."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(8))
