"""What a thread shows: one deploy, or a batch."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from slack_sdk.models.blocks import ActionsBlock

from deploys.deploy_text import deploy_name
from deploys.queue_forecast import QueueForecast
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.stop_all import StopAll
from deploys.records.thread_messages import ThreadMessage, ThreadMessageKind
from deploys.records.thread_state import ThreadState
from deploys.rollback_offer import RollbackOffer
from deploys.where_told import card_channel, channels_told, is_quiet_success
from workers.messages import elsewhere, unreachable_channel
from workers.thread import card, card_buttons, card_state, thread_opening, thread_replies
from workers.thread.card import Card
from workers.thread.failure_edits import FailureEdit, RecentDeploys, failure_edits, no_recent
from workers.thread.thread_replies import QuestionEdit, ThreadReply


@dataclass(frozen=True)
class MissingReply:
    """A reply that the thread lacks."""

    reply: ThreadReply | None
    """None: this thread message is shown by the card alone."""
    urgent: bool
    """Whether it needs somebody, or somebody waits for it."""
    thread_changes: Mapping[str, Any]
    """What changes in the thread's state once it is posted."""


@dataclass(frozen=True)
class Alert:
    """What the channel for failures is told of one deploy."""

    channel: str
    text: str
    deploy_id: str
    next_message: int
    """Index of the deploy's first thread message after it."""


@dataclass(frozen=True)
class PrivateRefusal:
    """What only the requester sees, instead of a thread."""

    text: str
    buttons: ActionsBlock | None


class ThreadSource(Protocol):
    """A card, and the replies below it."""

    @property
    def id(self) -> str:
        """Id of the thread: of the deploy, or of the batch."""
        ...

    @property
    def channel(self) -> str:
        """The channel that the card belongs in."""
        ...

    @property
    def channels(self) -> Collection[str]:
        """All channels that are told of it."""
        ...

    @property
    def asked_in(self) -> str:
        """The channel it was requested in."""
        ...

    @property
    def requester(self) -> str:
        """Who requested it."""
        ...

    @property
    def request_thread(self) -> str | None:
        """The thread it was requested in, in that channel."""
        ...

    @property
    def private_thread(self) -> str | None:
        """The thread for private answers to the requester; None: the channel."""
        ...

    @property
    def outcome_at(self) -> float | None:
        """When the last outcome was known; None before."""
        ...

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        ...

    @property
    def opens_at(self) -> float:
        """Until when (epoch seconds) the thread waits for the first checks; 0: it does not."""
        ...

    @property
    def forecast_ends_at(self) -> float | None:
        """When an expected start on the card has passed (epoch seconds), so that it has to say something
        else; None: it names no time."""
        ...

    @property
    def private_refusal(self) -> PrivateRefusal | None:
        """What the requester is told if the first checks refused everything; else None."""
        ...

    def card(self, now: float) -> Card:
        """The card, as of `now` (epoch seconds)."""
        ...

    def fingerprint(self) -> str:
        """Of the card: stays the same while only time passes."""
        ...

    def state_key(self) -> str:
        """Identifies the card's state and buttons."""
        ...

    def must_update_now(self, shown: str) -> bool:
        """Whether a card that was sent with this state key has to change at once."""
        ...

    def has_unshown_question(self, thread: ThreadState) -> bool:
        """Whether a question is open that no sent card has shown."""
        ...

    def unshown_questions(self) -> Sequence[Deploy]:
        """The deploys whose records do not know yet that their approval question was shown."""
        ...

    def changes_with_time(self) -> bool:
        """Whether something on the card changes by itself."""
        ...

    def missing_replies(self, thread: ThreadState) -> Sequence[MissingReply]:
        """The replies that are not posted yet, in order."""
        ...

    def question_edits(self, thread: ThreadState) -> Sequence[QuestionEdit]:
        """The replies that called people to a question and have to be edited, as it has ended."""
        ...

    def alerts(self, thread: ThreadState) -> Sequence[Alert]:
        """What channels for failures are not told yet, in order."""
        ...

    def failure_edits(self, thread: ThreadState) -> Sequence[FailureEdit]:
        """The messages about a failure that have to be edited, since something came of it."""
        ...

    def link_text(self, permalink: str) -> str:
        """The message with a link to the thread, where it was requested."""
        ...

    def unreachable_text(self, error: str) -> str:
        """What the requester is told if the channel cannot be posted to. error: Slack's error name."""
        ...


class DeployThreadSource:
    """A single deploy. ahead: the deploys it waits for. stopped: what stops all deploys. offer: what a
    success can be rolled back to. recent: reads the newest deploys of a service."""

    def __init__(
        self,
        deploy: Deploy,
        ahead: Sequence[Deploy],
        forecast: QueueForecast | None = None,
        stopped: StopAll | None = None,
        offer: RollbackOffer | None = None,
        recent: RecentDeploys = no_recent,
    ) -> None:
        self._forecast = forecast
        self._recent = recent
        self._offer = offer
        self._deploy = deploy
        self._stopped = stopped
        self._ahead = ahead
        self.id = deploy.id
        self.channel = card_channel([deploy], deploy.request)
        self.asked_in = deploy.request.channel
        self.channels = channels_told(deploy)
        self.requester = deploy.request.requester
        self.request_thread = deploy.request.thread_ts
        self.private_thread = None if deploy.request.new_thread else deploy.request.thread_ts
        self.outcome_at = deploy.ended_at
        self.is_over = deploy.phase is Phase.ENDED
        self.opens_at = thread_opening.opens_at([deploy], ahead)
        self.forecast_ends_at = forecast.starts_at if forecast else None

    @property
    def private_refusal(self) -> PrivateRefusal | None:
        if not thread_opening.is_refused_before_plan(self._deploy):
            return None
        ends = [each.text for each in self._deploy.thread_messages if each.kind is ThreadMessageKind.END]
        text = f"{Outcome.REFUSED.facts.emoji} {deploy_name(self._deploy)}: {' '.join(ends)}"
        return PrivateRefusal(text, card_buttons.button_row(self._deploy))

    def card(self, now: float) -> Card:
        return card.deploy_card(self._deploy, self._ahead, now, self._forecast, self._stopped, self._offer)

    def fingerprint(self) -> str:
        return card.card_fingerprint(self._deploy, self._ahead, self._forecast, self._stopped, self._offer)

    def state_key(self) -> str:
        return card_state.state_key(self._deploy)

    def must_update_now(self, shown: str) -> bool:
        return card_state.must_update_now(self._deploy, shown)

    def has_unshown_question(self, thread: ThreadState) -> bool:
        asked = card_buttons.open_question_values(self._deploy, self._stopped)
        return not set(asked) <= set(thread.open_questions)

    def unshown_questions(self) -> Sequence[Deploy]:
        return [self._deploy] if self._deploy.question_not_shown else []

    def changes_with_time(self) -> bool:
        return card_state.changes_with_time(self._deploy)

    def missing_replies(self, thread: ThreadState) -> Sequence[MissingReply]:
        first = thread.next_message
        return [
            MissingReply(
                self._reply_for(message),
                thread_replies.is_urgent((message,)),
                {"next_message": number + 1},
            )
            for number, message in enumerate(self._deploy.thread_messages[first:], first)
        ]

    def _reply_for(self, message: ThreadMessage) -> ThreadReply | None:
        return None if is_quiet(message, self._deploy) else thread_replies.deploy_reply(message, self._deploy)

    def question_edits(self, thread: ThreadState) -> Sequence[QuestionEdit]:
        return thread_replies.question_edits(thread, [self._deploy], thread_replies.deploy_reply)

    def alerts(self, thread: ThreadState) -> Sequence[Alert]:
        return missing_alerts(self._deploy, thread)

    def failure_edits(self, thread: ThreadState) -> Sequence[FailureEdit]:
        return failure_edits(thread, [self._deploy], self._recent, thread_replies.deploy_reply)

    def link_text(self, permalink: str) -> str:
        return elsewhere.link_to_deploy(self._deploy, permalink)

    def unreachable_text(self, error: str) -> str:
        return unreachable_channel.channel_unreachable(self._deploy, error)


def missing_alerts(deploy: Deploy, thread: ThreadState) -> list[Alert]:
    """What the deploy's channel for failures is not told yet: whatever the thread's channel sees of its
    problems and of its end."""
    channel = deploy.service.told.failures
    first = thread.alerts_posted.get(deploy.id, 0)
    return [
        Alert(channel, elsewhere.alert(deploy, message.text, thread.permalink), deploy.id, number + 1)
        for number, message in enumerate(deploy.thread_messages[first:], first)
        if channel and message.broadcast and message.kind in thread_replies.FAILURE_KINDS
    ]


def is_quiet(message: ThreadMessage, deploy: Deploy) -> bool:
    """Whether the card alone shows it."""
    return message.kind is ThreadMessageKind.END and is_quiet_success(deploy)
