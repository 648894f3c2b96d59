"""The record of one deploy: what was asked for, where it is, what was read of it and how it ended."""

from __future__ import annotations

import secrets
from typing import Any

from deploys.catalogue.service import Service
from deploys.records.approval import Approval, Cancel
from deploys.records.confirmations import Observation, PendingConfirmation
from deploys.records.count_change import CountChange
from deploys.records.hold import Hold, LockRef, Override
from deploys.records.phases import Outcome, Phase
from deploys.records.plan import Plan, RefusalHints
from deploys.records.pre_task_and_post_check import PostCheckRun, PreTaskRun
from deploys.records.quote import Prose, Quote
from deploys.records.record import Record, StoredRecord
from deploys.records.request import DeployRequest, Verb
from deploys.records.restore_point import StopProgress
from deploys.records.retries import Retries
from deploys.records.rollback import Rollback, RollbackCause, RollbackCauseKind
from deploys.records.rollout import EcsIdentity, RolloutProgress
from deploys.records.thread_messages import (
    ONCE_A_PHASE,
    Notice,
    QuestionRef,
    ThreadMessage,
    ThreadMessageKind,
)
from deploys.records.traffic import TrafficShift
from deploys.records.typed_command import TypedCommand

TIMELINE_ENTRIES = 40
"""Entries that a record keeps (count), the newest: a deploy that is planned again and again has more."""


class PhaseEntry(Record):
    """A phase, and when it was entered (epoch seconds)."""

    phase: Phase
    at: float


class Deploy(StoredRecord):
    """One deploy, from the request to its end. All times are epoch seconds."""

    id: str
    version: int = 0
    """Every commit raises it; a commit names the version it was made from."""

    service: Service
    """As services.yml described it at the request."""
    verb: Verb = Verb.DEPLOY
    tag: str
    """The tag to run. For a restart or rollback: empty until there is a plan."""
    rollback_target: str = ""
    """Rollback: the tag or deploy id that was asked for; empty: what ran before."""
    count_change: CountChange | None = None
    """Set if the verb is SCALE."""
    command: TypedCommand | None = None
    """Set if the verb is RUN."""
    request: DeployRequest
    batch_id: str | None = None
    """Id of the batch it was asked for in; None: it was asked for alone."""
    batch_position: int = 0
    """Its place in that batch (from 0)."""

    phase: Phase = Phase.PLANNING
    phase_since: float = 0.0
    timeline: tuple[PhaseEntry, ...] = ()
    """The phases that it went through, in order."""
    began_at: float | None = None
    """When its planning began: nothing kept it waiting any more."""
    hold: Hold | None = None
    """Why it does not go on for now, although nothing is wrong with it."""
    override: Override | None = None
    """Who let it pass a freeze."""
    passed_lock: LockRef | None = None
    """The last lock of its service that did not hold it: its requester's own, or any, of a rollback."""
    cancel: Cancel | None = None
    outcome: Outcome | None = None
    ended_at: float | None = None
    """When the outcome was known."""
    end_reason: Prose = ""
    """Why it ended that way, if it was no rollback: one sentence of mrkdwn."""

    plan: Plan | None = None
    refusal: RefusalHints = RefusalHints()
    approval: Approval = Approval()
    pre_task: PreTaskRun | None = None
    """The task before the rollout, or that of the command, once ECS is asked for it."""
    stop: StopProgress = StopProgress()
    ecs: EcsIdentity = EcsIdentity()
    rollout: RolloutProgress = RolloutProgress()
    traffic: TrafficShift | None = None
    """Native strategies: how far ECS has moved the traffic."""
    post_check: PostCheckRun | None = None
    """The check after the rollout, once it has begun."""
    rollback: Rollback = Rollback()

    retries: Retries = Retries()
    pending_confirmation: PendingConfirmation | None = None
    notices: tuple[Notice, ...] = ()
    """Notices that the thread got."""
    thread_messages: tuple[ThreadMessage, ...] = ()
    quotes: tuple[Quote, ...] = ()
    """What its texts quote of AWS and of containers."""

    @property
    def in_progress(self) -> bool:
        """Whether its outcome is still open."""
        return self.outcome is None

    @property
    def outcome_reason(self) -> str:
        """Why it ended that way, or rolls back: one sentence of mrkdwn; empty if there is nothing to say."""
        return self.end_reason or (self.rollback.cause.sentence if self.rollback.cause else "")

    @property
    def is_rolling_back(self) -> bool:
        """Whether Slipway or ECS rolls it back, and that is not over."""
        return self.in_progress and self.rollback.cause is not None

    @property
    def is_rolling_back_in_ecs(self) -> bool:
        """Whether ECS rolls back the rollout that is followed, or a first read found that it has done so."""
        following = self.phase in (Phase.FOLLOWING, Phase.FOLLOWING_EXTERNAL)
        found = self.rollback.cause is not None or self.awaits_confirmation(Observation.ROLLED_BACK_BY_ECS)
        return following and found

    @property
    def question_not_shown(self) -> bool:
        """Whether its approval question is open, and Slack has not shown it yet."""
        return self.phase is Phase.AWAITING_APPROVAL and self.approval.expires_at is None

    @property
    def has_new_revision(self) -> bool:
        """Whether a revision was registered for it. The revision stays however the deploy ends."""
        return self.ecs.new_revision is not None and (
            self.plan is None or self.ecs.new_revision != self.plan.source_revision
        )

    @property
    def thread_id(self) -> str:
        """The id under which its thread is kept: its batch's, or its own."""
        return self.batch_id or self.id

    @property
    def request_key(self) -> str:
        """What was asked for, to find the same request in progress: `1.4.2`, `restart:`, `rollback:1.4.1`.

        No tag has a colon, so a tag named `restart` is not mistaken for the verb.
        """
        if self.verb is Verb.DEPLOY:
            return self.tag
        if self.count_change is not None:
            return f"{self.verb}:{self.count_change.wanted}"
        return f"{self.verb}:{self.command.line if self.command else self.rollback_target}"

    @property
    def queue(self) -> str:
        """Name of the queue it waits in. A command has one of its own, as it changes nothing that a deploy
        depends on: neither waits for the other."""
        return f"{self.service.name}/{self.id}" if self.verb is Verb.RUN else self.service.name

    @property
    def cluster_key(self) -> str:
        """Region, cluster and role: deploys with the same key are watched together."""
        role = f"@{self.service.role.arn}" if self.service.role else ""
        return f"{self.service.region}/{self.service.cluster}{role}"

    @property
    def downtime_seconds(self) -> float | None:
        """Seconds between the request to stop and the full count running again."""
        if self.stop.requested_at is None or self.rollout.serving_at is None:
            return None
        return self.rollout.serving_at - self.stop.requested_at

    def awaits_confirmation(self, observation: Observation, key: str = "") -> bool:
        """Whether a read made this observation, and the next one may confirm it."""
        return self.pending_confirmation == PendingConfirmation(observation=observation, key=key)

    def has_notice(self, notice: Notice) -> bool:
        """Whether the thread got this notice."""
        return notice in self.notices

    def with_notice(self, notice: Notice) -> Deploy:
        """The same deploy, with this notice given."""
        return self if self.has_notice(notice) else self.evolve(notices=(*self.notices, notice))

    def without_notice(self, notice: Notice) -> Deploy:
        """The same deploy, with this notice to be given again."""
        return self.evolve(notices=tuple(each for each in self.notices if each is not notice))

    def with_rollback_cause(self, kind: RollbackCauseKind, sentence: str) -> Deploy:
        """The same deploy, rolled back for this cause by Slipway or ECS."""
        return self.evolve(rollback={"cause": RollbackCause(kind=kind, sentence=sentence)})

    def in_phase(self, phase: Phase, now: float, **changes: Any) -> Deploy:
        """The same deploy in another phase."""
        entered = self.evolve(
            phase=phase,
            phase_since=now,
            timeline=(*self.timeline, PhaseEntry(phase=phase, at=now))[-TIMELINE_ENTRIES:],
            pending_confirmation=None,
            retries=Retries(),
            notices=tuple(each for each in self.notices if each not in ONCE_A_PHASE),
        )
        return entered.evolve(**changes) if changes else entered

    def reset_attempts(self) -> Deploy:
        """The same deploy without its failed tries, and without its wait for AWS."""
        cleared = {"attempts": 0, "last_error": "", "failing_since": None, "aws_wait": None}
        return self.evolve(retries=cleared)

    def with_message(
        self,
        now: float,
        kind: ThreadMessageKind,
        text: str,
        *,
        broadcast: bool = False,
        question: QuestionRef | None = None,
        **changes: Any,
    ) -> Deploy:
        """The same deploy with one more reply for its thread."""
        message = ThreadMessage(at=now, kind=kind, text=text, broadcast=broadcast, question=question)
        return self.evolve(thread_messages=(*self.thread_messages, message), **changes)


_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def new_deploy_id() -> str:
    """A short id that people can read aloud and type: eight characters, none of them alike."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(8))
