"""What a thread tells of: one deploy, or several that were asked for at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from slack_sdk.models.blocks import ActionsBlock

from deploys.deploy import Deploy, MilestoneKind, Phase
from deploys.naming import name
from deploys.threads import ThreadView
from workers.thread import buttons, card, opening, replies, requester, states
from workers.thread.card import Card
from workers.thread.replies import Reply


@dataclass(frozen=True)
class Missing:
    """A reply that the thread lacks."""

    reply: Reply
    urgent: bool
    """Whether somebody is needed, or waits for this."""
    posted: Mapping[str, Any]
    """What changes in the thread's view once it is posted."""


@dataclass(frozen=True)
class Refusal:
    """What the requester alone is told instead of a thread."""

    text: str
    buttons: ActionsBlock | None


class Subject(Protocol):
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
    def asked_in(self) -> str | None:
        """The thread that it was asked for in."""
        ...

    @property
    def answer_thread(self) -> str | None:
        """The thread in which the requester can be answered alone; None: in the channel."""
        ...

    @property
    def outcome_at(self) -> float | None:
        """When it was known how all of it ended; None before."""
        ...

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        ...

    @property
    def opens_at(self) -> float:
        """Until then (epoch seconds) the thread waits for the first checks; 0: it does not."""
        ...

    @property
    def refusal(self) -> Refusal | None:
        """What the requester is told if the first checks said no to all of it; else None."""
        ...

    def card(self, now: float) -> Card:
        """The message at the root, as of `now` (epoch seconds)."""
        ...

    def fingerprint(self) -> str:
        """Of the card: stays the same while nothing but time went by."""
        ...

    def key(self) -> str:
        """What the card's state and buttons stand for."""
        ...

    def urgent(self, shown: str) -> bool:
        """Whether a card that was sent with this key has to change at once."""
        ...

    def asks(self, view: ThreadView) -> bool:
        """Whether a question is open that the card was never sent with."""
        ...

    def unseen(self) -> Sequence[Deploy]:
        """The deploys whose approval question was not shown yet, as far as their records know."""
        ...

    def runs_with_time(self) -> bool:
        """Whether something on the card changes by itself."""
        ...

    def missing(self, view: ThreadView) -> Sequence[Missing]:
        """The replies that are not posted yet, in order."""
        ...

    def unreachable(self, error: str) -> str:
        """What the requester is told when the channel cannot be written to."""
        ...


class OneDeploy:
    """A deploy that was asked for alone. `ahead` are those before it in its service's line."""

    def __init__(self, deploy: Deploy, ahead: Sequence[Deploy]) -> None:
        self._deploy = deploy
        self._ahead = ahead
        self.id = deploy.id
        self.channel = deploy.channel
        self.requester = deploy.requester
        self.asked_in = deploy.thread_ts
        self.answer_thread = None if deploy.new_thread else deploy.thread_ts
        self.outcome_at = deploy.ended_at
        self.over = deploy.phase is Phase.ENDED
        self.opens_at = opening.opens_at([deploy], ahead)

    @property
    def refusal(self) -> Refusal | None:
        if not opening.refused_unplanned(self._deploy):
            return None
        ends = [each.text for each in self._deploy.milestones if each.kind is MilestoneKind.END]
        text = f"{states.OVER_SIGN} {name(self._deploy)}: {' '.join(ends)}"
        return Refusal(text, buttons.row(self._deploy))

    def card(self, now: float) -> Card:
        return card.card(self._deploy, self._ahead, now)

    def fingerprint(self) -> str:
        return card.fingerprint(self._deploy, self._ahead)

    def key(self) -> str:
        return states.key(self._deploy)

    def urgent(self, shown: str) -> bool:
        return states.urgent(self._deploy, shown)

    def asks(self, view: ThreadView) -> bool:
        return not set(buttons.question_values(self._deploy)) <= set(view.asked)

    def unseen(self) -> Sequence[Deploy]:
        return [self._deploy] if self._deploy.question_unseen else []

    def runs_with_time(self) -> bool:
        return states.runs_with_time(self._deploy)

    def missing(self, view: ThreadView) -> Sequence[Missing]:
        first = view.next_milestone
        return [
            Missing(
                replies.reply(milestone, self._deploy),
                replies.urgent((milestone,)),
                {"next_milestone": number + 1},
            )
            for number, milestone in enumerate(self._deploy.milestones[first:], first)
        ]

    def unreachable(self, error: str) -> str:
        return requester.unreachable(self._deploy, error)
