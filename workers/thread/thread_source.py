"""What a thread tells of: one deploy, or several that were asked for at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from slack_sdk.models.blocks import ActionsBlock

from deploys.deploy_text import deploy_name
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from deploys.stores.thread_store import ThreadState
from workers.messages import unreachable_channel
from workers.thread import card, card_buttons, card_state, thread_opening, thread_replies
from workers.thread.card import Card
from workers.thread.thread_replies import ThreadReply


@dataclass(frozen=True)
class MissingReply:
    """A reply that the thread lacks."""

    reply: ThreadReply
    urgent: bool
    """Whether somebody is needed, or waits for this."""
    view_changes: Mapping[str, Any]
    """What changes in the thread's view once it is posted."""


@dataclass(frozen=True)
class PrivateRefusal:
    """What the requester alone is told instead of a thread."""

    text: str
    buttons: ActionsBlock | None


class ThreadSource(Protocol):
    """A card, and the replies below it."""

    @property
    def id(self) -> str:
        """The thread's."""
        ...

    @property
    def channel(self) -> str:
        """The channel of the thread."""
        ...

    @property
    def requester(self) -> str:
        """Who asked for it."""
        ...

    @property
    def request_thread(self) -> str | None:
        """The thread that it was asked for in."""
        ...

    @property
    def private_thread(self) -> str | None:
        """The thread in which the requester can be answered alone; None: in the channel."""
        ...

    @property
    def outcome_at(self) -> float | None:
        """When it was known how all of it ended; None before."""
        ...

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        ...

    @property
    def opens_at(self) -> float:
        """Until then (epoch seconds) the thread waits for the first checks; 0: it does not."""
        ...

    @property
    def private_refusal(self) -> PrivateRefusal | None:
        """What the requester is told if the first checks said no to all of it; else None."""
        ...

    def card(self, now: float) -> Card:
        """The message at the root, as of `now` (epoch seconds)."""
        ...

    def fingerprint(self) -> str:
        """Of the card: stays the same while nothing but time went by."""
        ...

    def state_key(self) -> str:
        """What the card's state and buttons stand for."""
        ...

    def must_update_now(self, shown: str) -> bool:
        """Whether a card that was sent with this key has to change at once."""
        ...

    def has_unshown_question(self, view: ThreadState) -> bool:
        """Whether a question is open that the card was never sent with."""
        ...

    def unshown_questions(self) -> Sequence[Deploy]:
        """The deploys whose approval question was not shown yet, as far as their records know."""
        ...

    def changes_with_time(self) -> bool:
        """Whether something on the card changes by itself."""
        ...

    def missing_replies(self, view: ThreadState) -> Sequence[MissingReply]:
        """The replies that are not posted yet, in order."""
        ...

    def unreachable_text(self, error: str) -> str:
        """What the requester is told when the channel cannot be written to."""
        ...


class DeployThreadSource:
    """A deploy that was asked for alone. `ahead` are those before it in its service's line."""

    def __init__(self, deploy: Deploy, ahead: Sequence[Deploy]) -> None:
        self._deploy = deploy
        self._ahead = ahead
        self.id = deploy.id
        self.channel = deploy.request.channel
        self.requester = deploy.request.requester
        self.request_thread = deploy.request.thread_ts
        self.private_thread = None if deploy.request.new_thread else deploy.request.thread_ts
        self.outcome_at = deploy.ended_at
        self.is_over = deploy.phase is Phase.ENDED
        self.opens_at = thread_opening.opens_at([deploy], ahead)

    @property
    def private_refusal(self) -> PrivateRefusal | None:
        if not thread_opening.is_refused_before_plan(self._deploy):
            return None
        ends = [each.text for each in self._deploy.thread_messages if each.kind is ThreadMessageKind.END]
        text = f"{Outcome.REFUSED.facts.emoji} {deploy_name(self._deploy)}: {' '.join(ends)}"
        return PrivateRefusal(text, card_buttons.button_row(self._deploy))

    def card(self, now: float) -> Card:
        return card.deploy_card(self._deploy, self._ahead, now)

    def fingerprint(self) -> str:
        return card.card_fingerprint(self._deploy, self._ahead)

    def state_key(self) -> str:
        return card_state.state_key(self._deploy)

    def must_update_now(self, shown: str) -> bool:
        return card_state.must_update_now(self._deploy, shown)

    def has_unshown_question(self, view: ThreadState) -> bool:
        return not set(card_buttons.open_question_values(self._deploy)) <= set(view.open_questions)

    def unshown_questions(self) -> Sequence[Deploy]:
        return [self._deploy] if self._deploy.question_not_shown else []

    def changes_with_time(self) -> bool:
        return card_state.changes_with_time(self._deploy)

    def missing_replies(self, view: ThreadState) -> Sequence[MissingReply]:
        first = view.next_message
        return [
            MissingReply(
                thread_replies.deploy_reply(milestone, self._deploy),
                thread_replies.is_urgent((milestone,)),
                {"next_message": number + 1},
            )
            for number, milestone in enumerate(self._deploy.thread_messages[first:], first)
        ]

    def unreachable_text(self, error: str) -> str:
        return unreachable_channel.channel_unreachable(self._deploy, error)
