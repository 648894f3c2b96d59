"""The forms in which a card can be sent, from the richest to the plainest. Pure.

A card takes the richest form that fits Slack's limits; when Slack refuses that, the next. Every form tells
the true state, and as long as there are blocks a question has its buttons.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from deploys import buttons as ids
from deploys.message_size import message_size
from workers.thread.card import Card
from workers.thread.lengths import CARD_BYTES, SECTION, clip, clip_bytes

Block = dict[str, Any]

IN_A_ROW = 24
"""Buttons in one block (count): Slack takes 25, and an answer's buttons stand together."""


class Form(IntEnum):
    """How a card is written. The numbers are kept in `ThreadView.plainness`."""

    FULL = 0
    NO_CONFIRMS = 1
    """Without the dialogs that ask again. A click stays safe: a decision is compared with the record."""
    COMPACT = 2
    """The text in as few sections as it takes, and all buttons below it."""
    STATE_LINE = 3
    """What is deployed and its state alone, and the buttons."""
    TEXT = 4
    """The state line without blocks."""


@dataclass(frozen=True)
class Message:
    """A card as it is sent."""

    form: Form
    text: str
    blocks: Sequence[Block]
    lacks_buttons: bool
    """Whether the card asks something that nobody can answer on this message."""


def fitted(card: Card, plainest_so_far: int, room: int = 0) -> Message:
    """The card in the richest form that fits Slack's limits and is no richer than `plainest_so_far`. `room`:
    bytes of its text, 0 for as many as Slack takes.
    """
    for form in Form:
        if form < plainest_so_far:
            continue
        message = written(card, form, room)
        if message_size(message.text, message.blocks).fits:
            return message
    return written(card, Form.TEXT, room)


def written(card: Card, form: Form, room: int = 0) -> Message:
    """The card in this form, whether it fits or not."""
    text = card.state_line if form >= Form.STATE_LINE else clip_bytes(card.text, room or CARD_BYTES)
    asks = any(element.get("action_id") in ids.ANSWERS for element in _elements(card.blocks))
    return Message(form, text, _blocks(card, form, text), lacks_buttons=asks and form is Form.TEXT)


def _blocks(card: Card, form: Form, text: str) -> Sequence[Block]:
    match form:
        case Form.FULL:
            return card.blocks
        case Form.NO_CONFIRMS:
            return [_without_confirms(block) for block in card.blocks]
        case Form.COMPACT | Form.STATE_LINE:
            return [*_sections(text), *_rows(card.blocks)]
        case Form.TEXT:
            return []


def _without_confirms(block: Block) -> Block:
    changed = {**block}
    if "elements" in block:
        changed["elements"] = [_bare(element) for element in block["elements"]]
    if "accessory" in block:
        changed["accessory"] = _bare(block["accessory"])
    return changed


def _bare(element: Block) -> Block:
    """Answers, and menus, which take two clicks anyway. What changes production at one click still asks."""
    if element.get("action_id") not in (*ids.ANSWERS, ids.MORE):
        return element
    return {key: value for key, value in element.items() if key not in ("confirm", "accessibility_label")}


def _sections(text: str) -> Iterator[Block]:
    part = ""
    for line in text.split("\n"):
        longer = f"{part}\n{line}" if part else line
        if part and len(longer) > SECTION // 2:
            yield _section(part)
            longer = line
        part = longer
    yield _section(part)


def _section(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": clip(text, SECTION)}}


def _rows(blocks: Sequence[Block]) -> list[Block]:
    """All buttons. Within a block Slack takes an action id once, so repeated ones are numbered."""
    pressed = [{**_bare(element)} for element in _elements(blocks) if element["type"] == "button"]
    used = Counter(element["action_id"] for element in pressed)
    for number, element in enumerate(pressed):
        if used[element["action_id"]] > 1:
            element["action_id"] = ids.numbered(element["action_id"], number)
    rows = [pressed[first : first + IN_A_ROW] for first in range(0, len(pressed), IN_A_ROW)]
    return [{"type": "actions", "elements": row} for row in rows]


def _elements(blocks: Sequence[Block]) -> Iterator[Block]:
    return (element for block in blocks if block["type"] == "actions" for element in block["elements"])
