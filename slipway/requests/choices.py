"""The buttons of an answer or a card, as commands that do the same: `slipway press ...`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from deploys import buttons
from deploys.buttons import Button, parse_button_value
from deploys.buttons.send_again import SEND_AGAIN
from deploys.catalogue.suggestions import did_you_mean
from deploys.errors import UnknownChoice
from deploys.mrkdwn import escape_line

_COMMANDS = {
    buttons.APPROVE: "approve {}",
    buttons.REJECT: "reject {} REASON",
    buttons.CONTINUE: "continue {}",
    buttons.CANCEL: "cancel {}",
    buttons.CANCEL_BATCH: "cancel {}",
}
"""Buttons that have a command of their own."""


class Choice(NamedTuple):
    """What can be done about an answer."""

    label: str
    command: str
    warning: str = ""
    """What Slack asks before it does that."""


def choice_name(action_id: str) -> str:
    """`lock-queue`, for the button `lock:queue`."""
    return action_id.replace(":", "-")


def find_action(name: str) -> str:
    """The button with this name. Raises UnknownChoice."""
    known = {choice_name(each): each for each in buttons.HANDLERS}
    if name not in known:
        raise UnknownChoice(name=escape_line(name[:64]), nearest=did_you_mean(name, known).strip())
    return known[name]


def choices_in(blocks: Sequence[Mapping[str, Any]]) -> list[Choice]:
    """The choices in the rows of buttons of an answer."""
    rows = (block["elements"] for block in blocks if block.get("type") == "actions")
    return list(_choices(element for row in rows for element in row))


def choices_of(card_buttons: Sequence[Button]) -> list[Choice]:
    """The choices that a card has."""
    return list(_choices(each.to_slack() for each in card_buttons))


def _choices(elements: Iterator[Mapping[str, Any]]) -> Iterator[Choice]:
    for element in elements:
        action_id = buttons.base_action_id(str(element.get("action_id", "")))
        value = parse_button_value(str(element.get("value", "")))
        if value is None or action_id not in buttons.HANDLERS or action_id == SEND_AGAIN:
            continue  # to send it again is to type it again
        question = f".{value.question}" if value.question else ""
        pressed = f"press {choice_name(action_id)} {value.deploy_id}{question}"
        own = _COMMANDS.get(action_id)
        typed = own.format(value.deploy_id) if own else pressed
        confirm = element.get("confirm") or {}
        warning = str((confirm.get("text") or {}).get("text", ""))
        yield Choice(str(element["text"]["text"]), f"slipway {typed}", warning)
