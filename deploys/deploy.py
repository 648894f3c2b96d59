"""The record of one deploy: what was asked, where it is, what was seen and how it ended."""

from __future__ import annotations

import secrets
from enum import StrEnum
from typing import Any

from deploys.catalogue.service import Service
from deploys.checked import Check
from deploys.draining import Draining
from deploys.frozen import Frozen
from deploys.one_off import OneOff
from deploys.scaling import Scaling, ScalingPlan
from deploys.traffic import Shift, TrafficPlan
from deploys.way_back import WayBack


class Verb(StrEnum):
    """What was asked for."""

    DEPLOY = "deploy"  # another version
    RESTART = "restart"  # the same version, in new tasks
    ROLLBACK = "rollback"  # an earlier revision, as it was
    FOLLOW = "follow"  # nothing: a rollout that is not ours is looked on


class Phase(StrEnum):
    """Where a deploy is. Each phase that changes AWS is the written intent to do so."""

    WAITING = "waiting"  # in line behind another deploy of the same service
    PLANNING = "planning"  # reading what runs now and what would change
    AWAITING_APPROVAL = "awaiting approval"  # the plan is shown, people decide
    REGISTERING = "registering"  # about to register the new revision
    PREPARING = "preparing"  # a one-off task runs with the new revision, before the service is touched
    UPDATING = "updating"  # rolling: about to point the service at the new revision
    RECORDING = "recording"  # stop-start: about to write down the count and tasks to bring back
    STOPPING = "stopping"  # stop-start: about to set the desired count to 0
    DRAINING = "draining"  # stop-start: waiting until every old task is STOPPED
    STARTING = "starting"  # stop-start: about to set the new revision and the recorded count, in one update
    FOLLOWING = "following"  # our rollout is under way in ECS
    CHECKING = "checking"  # the rollout has succeeded; what has to hold afterwards is looked at
    LOOKING_ON = "looking on"  # a rollout that is not ours is under way in ECS; nothing of it is changed
    RESTORING = "restoring"  # about to bring back the recorded revision and count
    FOLLOWING_BACK = "following back"  # the way back is under way in ECS
    SETTLING = "settling"  # the outcome is known; a later look proves that it held
    ENDED = "ended"


class Outcome(StrEnum):
    """How a deploy ended. None of them is 'stable'."""

    SUCCEEDED = "succeeded"  # our own rollout completed
    ROLLED_BACK = "rolled back"  # the recorded revision serves again
    FAILED = "failed"  # it did not succeed and the recorded revision could not be brought back by itself
    SUPERSEDED = "superseded"  # somebody else's newer deployment took the service
    CANCELLED = "cancelled"  # a person withdrew it; what had changed was brought back
    REJECTED = "rejected"  # an approver said no
    EXPIRED = "expired"  # time ran out: nobody decided, or a rollout that is only followed did not end
    REFUSED = "refused"  # a check said no before anything was changed


class Verdict(StrEnum):
    """What a person decided about a plan."""

    APPROVED = "approved"
    REJECTED = "rejected"


class ContainerChange(Frozen):
    """One container's image before and after."""

    container: str
    old_image: str
    new_image: str
    digest: str | None = None
    """sha256 digest of the new image, where its registry could be asked."""


class Plan(Frozen):
    """What a deploy would change, as shown to people. An approval is for exactly this."""

    old_revision: str
    """Task definition ARN that the service runs now."""
    source_revision: str = ""
    """ARN of the revision that the new one is made of; a rollback returns to it as it is."""
    tag: str = ""
    """The tag that will run."""
    old_tag: str
    """Tag (or short digest) of the image that runs now."""
    changes: tuple[ContainerChange, ...]
    digest: str | None = None
    """sha256 digest the new tag points to, where the registry could be asked."""
    pushed_at: float | None = None
    """When the new image was pushed (epoch seconds)."""
    size: int | None = None
    """Bytes of the new image, compressed, where the registry says so."""
    pinned: bool = False
    """Whether the new revision names the image by its digest, so that the tag may move."""
    desired_count: int
    """Tasks the service wants now, and will want afterwards (count)."""
    minimum_healthy_percent: int | None = None
    maximum_percent: int | None = None
    grace_seconds: int = 0
    """How long ECS takes no notice of a new task's load balancer health checks (seconds)."""
    downtime: bool = False
    """Whether no task serves for a while."""
    downtime_estimate: int | None = None
    """Seconds without a task that this plan may mean: the stop timeout and start of the containers."""
    traffic: TrafficPlan | None = None
    """How ECS moves the traffic, where the service is BLUE_GREEN, LINEAR or CANARY."""
    stop_timeout: int | None = None
    """Seconds that the containers running now get to stop, where they are going to be stopped."""
    scaling: ScalingPlan | None = None
    """What is known of Application Auto Scaling, where the service is going to be stopped and is scaled."""


class Decision(Frozen):
    """One person's answer to the approval question."""

    user: str
    verdict: Verdict
    at: float


class Cancel(Frozen):
    """A person asked to cancel."""

    user: str
    at: float


class Original(Frozen):
    """What a stop-start deploy brings back on every way out. Written before the service is stopped."""

    revision: str
    desired_count: int
    task_arns: tuple[str, ...]


class TaskAlive(Frozen):
    """An old task that has not stopped yet."""

    task_id: str
    last_status: str
    since: float | None = None
    """When it began to stop (epoch seconds), where ECS says so."""
    asked: bool = True
    """Whether ECS asked it to stop; it does not ask protected tasks."""
    protected: bool = False
    """Protected from scale-in."""
    protected_until: float | None = None
    """When that ends by itself (epoch seconds)."""


class Rollout(Frozen):
    """Counts of the rollout as last observed (tasks)."""

    new_desired: int = 0
    new_pending: int = 0
    new_running: int = 0
    old_pending: int = 0
    old_running: int = 0
    failed_tasks: int = 0
    breaker_threshold: int = 0
    """Failures after which ECS's circuit breaker trips; 0 where there is none."""
    status: str = ""
    """ECS's own word: the service deployment's status or the deployment's rolloutState."""


class MilestoneKind(StrEnum):
    """What a thread reply is about."""

    PLAN = "plan"
    QUESTION = "question"  # needs an approver: broadcast, mentions them
    PROGRESS = "progress"
    TROUBLE = "trouble"  # something is wrong and it goes on
    END = "end"  # the outcome; mentions the requester


class Milestone(Frozen):
    """One reply in the thread. Replies are posted in order, each once."""

    at: float
    kind: MilestoneKind
    text: str
    """Slack mrkdwn, already escaped."""
    broadcast: bool = False
    """Also shown in the channel."""


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
    question_expires_at: float | None = None
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

    restore_revision: str | None = None
    """A copy of the recorded revision, where that one was deregistered meanwhile and cannot be restored."""
    back_to: Outcome | None = None
    """The outcome that will stand once the way back is finished."""
    way_back: WayBack | None = None
    """The way back, once it has begun."""
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
    last_error: str = ""
    """What the last failed try said, for people."""
    milestones: tuple[Milestone, ...] = ()

    @property
    def live(self) -> bool:
        """Whether its outcome is still open."""
        return self.outcome is None

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
