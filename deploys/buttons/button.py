"""What a button on a Slack message is, and what its handler gets when somebody presses it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple, Protocol

from deploys.access import Access
from deploys.asker import Asker
from deploys.catalogue.catalogue import Catalogue
from deploys.errors import UnknownDeploy
from deploys.holds.service_freezes import ServiceFreezes
from deploys.job_queue import JobQueue
from deploys.records.deploy import Deploy
from deploys.records.request import DeployRequest
from deploys.stores.deploy_store import DeployStore
from deploys.stores.locks import Locks
from deploys.stores.refused_requests import RefusedRequests
from deploys.stores.stop_all import StopAllStore
from deploys.stores.thread_store import ThreadStore
from deploys.text_limits import BUTTON, CONFIRM_BUTTON, CONFIRM_TEXT, CONFIRM_TITLE, shorten

MORE = "deploy:more"
"""The overflow menu; the value of the chosen option begins with the action, as `deploy:cancel|<value>`."""

Style = Literal["primary", "danger"] | None


@dataclass(frozen=True)
class ConfirmDialog:
    """Asks again before the button has its effect."""

    title: str
    text: str
    confirm: str
    deny: str
    style: Style = None

    def to_slack(self) -> dict[str, Any]:
        """As Block Kit's confirmation dialog."""
        dialog = {
            "title": plain_text(self.title, CONFIRM_TITLE),
            "text": plain_text(self.text, CONFIRM_TEXT),
            "confirm": plain_text(self.confirm, CONFIRM_BUTTON),
            "deny": plain_text(self.deny, CONFIRM_BUTTON),
        }
        return {**dialog, "style": self.style} if self.style else dialog


@dataclass(frozen=True)
class ReasonQuestion:
    """What a modal says that asks for a reason before a press has its effect."""

    title: str
    text: str
    """What happens then (mrkdwn)."""
    submit: str


@dataclass(frozen=True)
class Button:
    """A button as it is on one message."""

    action_id: str
    label: str
    value: str
    style: Style = None
    confirm: ConfirmDialog | None = None
    accessibility_label: str = ""

    def to_slack(self) -> dict[str, Any]:
        """As Block Kit's button."""
        button: dict[str, Any] = {
            "type": "button",
            "action_id": self.action_id,
            "text": plain_text(self.label, BUTTON),
            "value": self.value,
        }
        if self.style:
            button["style"] = self.style
        if self.confirm:
            button["confirm"] = self.confirm.to_slack()
        if self.accessibility_label:
            button["accessibility_label"] = shorten(self.accessibility_label, BUTTON)
        return button

    def to_slack_menu(self) -> dict[str, Any]:
        """As an overflow menu whose only option does the same: it takes less space than the button."""
        option = {"text": plain_text(self.label, BUTTON), "value": f"{self.action_id}|{self.value}"}
        menu: dict[str, Any] = {"type": "overflow", "action_id": MORE, "options": [option]}
        return {**menu, "confirm": self.confirm.to_slack()} if self.confirm else menu


def plain_text(text: str, limit: int) -> dict[str, Any]:
    """A plain text object of at most so many characters."""
    return {"type": "plain_text", "text": shorten(text, limit), "emoji": False}


# The value of a button: a deploy or batch, and the question it was shown with. The store has all else.

_VALUE = re.compile(r"([0-9A-Za-z]{1,64})\.([0-9]{1,9})")


class ButtonValue(NamedTuple):
    """What a button's value says."""

    deploy_id: str
    """Id of the deploy or batch."""
    question: int
    """Number of the approval question or pause; 0 if the button answers none."""


def button_value(deploy_id: str, question: int = 0) -> str:
    """The value of a button."""
    return f"{deploy_id}.{question}"


def parse_button_value(value: str) -> ButtonValue | None:
    """The value, parsed; None if no button of ours has such a value."""
    found = _VALUE.fullmatch(value)
    return ButtonValue(found[1], int(found[2])) if found else None


def numbered_action_id(action_id: str, number: int) -> str:
    """The action id for one of several such buttons in a block, in which Slack takes each id once."""
    return f"{action_id}/{number}"


def base_action_id(action_id: str) -> str:
    """The action that a button's id names, numbered or not."""
    return action_id.partition("/")[0]


def action_row(buttons: Sequence[Button]) -> dict[str, Any]:
    """A row of buttons, in which those with the same action id are numbered."""
    ids = [each.action_id for each in buttons]
    row = [
        replace(each, action_id=numbered_action_id(base_action_id(each.action_id), number)).to_slack()
        if ids.count(each.action_id) > 1
        else each.to_slack()
        for number, each in enumerate(buttons)
    ]
    return {"type": "actions", "elements": row}


# What a handler gets


class Actor(Protocol):
    """Who pressed the button, or typed a command that does the same."""

    @property
    def user(self) -> str: ...
    @property
    def asker(self) -> Asker:
        """The person, and where they pressed or typed it."""

    @property
    def team(self) -> str: ...
    @property
    def channel(self) -> str:
        """Where it was pressed or typed; empty on the Home tab."""

    def refuse_if_late(self) -> None:
        """Raises CommandTooLate or MentionTooLate if Slack has told the person by now that it failed."""


class ButtonContext(Protocol):
    """What handlers work with."""

    @property
    def access(self) -> Access: ...
    @property
    def store(self) -> DeployStore: ...
    @property
    def threads(self) -> ThreadStore: ...
    @property
    def freezes(self) -> ServiceFreezes: ...
    @property
    def refused_requests(self) -> RefusedRequests: ...
    @property
    def jobs(self) -> JobQueue: ...
    @property
    def locks(self) -> Locks: ...
    @property
    def stops(self) -> StopAllStore: ...
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def now(self) -> Callable[[], float]: ...


class CommandReply(Protocol):
    """What a command answers."""

    @property
    def text(self) -> str: ...
    @property
    def card_will_tell(self) -> bool: ...


class RunCommand(Protocol):
    """Does what typing a command does."""

    def __call__(
        self, subcommand: str, *, asked_in: DeployRequest | None = None, **arguments: Any
    ) -> CommandReply:
        """`asked_in` names the channel and thread to ask for it in; None: those of the click.

        Raises:
            Refused: whatever the command is refused for.
        """


@dataclass(frozen=True)
class ButtonPress:
    """One press of a button."""

    value: ButtonValue
    on_card: bool
    """It is on a card, which shows soon what became of it. Otherwise a reply has to say so."""
    actor: Actor
    context: ButtonContext
    run_command: RunCommand
    reason: str = ""
    """What this person typed when a modal asked for a reason; empty: none did."""

    def find_deploy(self) -> Deploy:
        """The deploy that the button is about. Raises UnknownDeploy."""
        return find_deploy(self.value.deploy_id, self.context)

    def amend(self, change: Callable[[Deploy, str, float], Deploy], *, what: str) -> Deploy:
        """Writes what the press changes, given the deploy, the user and the time, unless it came too late."""
        self.actor.refuse_if_late()
        return amend_deploy(self.value.deploy_id, change, self.actor, self.context, what=what)


ButtonHandler = Callable[[ButtonPress], str | CommandReply | None]
"""Does what the button says, and returns what the person reads; None if the card shows it."""
AskReason = Callable[[ButtonPress], ReasonQuestion]
"""What is asked if the press was refused with `ReasonMissing`."""


def find_deploy(deploy_id: str, context: ButtonContext) -> Deploy:
    """The deploy with this id. Raises UnknownDeploy."""
    deploy = context.store.get(deploy_id)
    if deploy is None:
        raise UnknownDeploy(id=deploy_id)
    return deploy


def amend_deploy(
    deploy_id: str,
    change: Callable[[Deploy, str, float], Deploy],
    actor: Actor,
    context: ButtonContext,
    *,
    what: str,
    why: str = "",
) -> Deploy:
    """Writes a person's decision by compare-and-set and has a worker act on it. `what` is its audit entry,
    `why` the reason that the person gave, if they gave one.

    Raises:
        UnknownDeploy, and whatever `change` raises.
    """
    place = {"team": actor.team, "channel": actor.channel, "source": actor.asker.source}
    audited = {**place, "why": why}
    changed = context.store.amend(
        deploy_id,
        lambda deploy: change(deploy, actor.user, context.now()),
        by=actor.user,
        what=what,
        **{field: value for field, value in audited.items() if value},
    )
    context.jobs.publish()
    context.jobs.advance(changed.id)
    return changed
