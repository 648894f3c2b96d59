"""What is sent instead if Slack refuses a message: cards in plainer forms, shorter texts, a new card. Pure.

A card is sent at the richest level that fits Slack's limits; if Slack refuses that, at the next. Every level
shows the true state, and a question has its buttons as long as there are blocks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from deploys import buttons as ids
from deploys.message_size import message_size
from deploys.records.thread_state import ThreadState
from deploys.text_limits import CARD_BYTES, SECTION, STATE_BYTES, clip, clip_bytes
from workers.thread.card import Card
from workers.thread.native_block_support import native_types
from workers.thread.slack_error_handling import SlackCallFailed, SlackErrorKind

TRIES_BEFORE_FALLBACK = 3
"""Tries after which an error inside Slack counts as caused by this message (count)."""
MESSAGE_ERRORS = frozenset({SlackErrorKind.TEXT, SlackErrorKind.BLOCKS, SlackErrorKind.OTHER})
"""Kinds that another form of the message may avoid. An unknown error is one of them."""


def next_fallback(
    thread: ThreadState,
    request_thread: str | None,
    error: SlackCallFailed,
    sent_level: FallbackLevel | None = None,
) -> ThreadState | None:
    """The thread's state for another try at once; None if no other try makes sense.

    request_thread: the thread of the request. sent_level: of the refused card; None for a reply.

    A card that a person deleted is posted once more, and only once.
    """
    kind = error.kind
    if kind in MESSAGE_ERRORS or (error.inside_slack and thread.failed_tries >= TRIES_BEFORE_FALLBACK):
        return _more_fallback(thread, kind, sent_level)
    if kind not in (SlackErrorKind.CARD_GONE, SlackErrorKind.THREAD_GONE) or thread.card_lost:
        return None
    if kind is SlackErrorKind.THREAD_GONE and request_thread and not thread.outside_request_thread:
        return thread.evolve(outside_request_thread=True, ts="", card_next_try=None)
    if not thread.card_reposted:
        return thread.evolve(card_reposted=True, ts="", card_next_try=None)
    return thread.evolve(card_lost=True)


def less_fallback(thread: ThreadState) -> ThreadState:
    """After a card was sent in a new state: the next one is tried one level richer, as Slack may have refused
    something that only the old one had. PLAIN_BLOCKS is left out: a thread is at it
    only after FULL was refused.
    """
    richer = max(thread.fallback_level - 1, FallbackLevel.FULL)
    level = FallbackLevel.FULL if richer == FallbackLevel.PLAIN_BLOCKS else richer
    return thread.evolve(fallback_level=int(level), text_limit=0)


def _more_fallback(
    thread: ThreadState, kind: SlackErrorKind, sent_level: FallbackLevel | None
) -> ThreadState | None:
    if kind is SlackErrorKind.TEXT and (room := _next_text_bytes(thread, sent_level)):
        return thread.evolve(text_limit=room)
    if sent_level is None:
        return None if thread.short_reply else thread.evolve(short_reply=True)
    return None if sent_level is FallbackLevel.TEXT else thread.evolve(fallback_level=sent_level + 1)


def _next_text_bytes(thread: ThreadState, sent_level: FallbackLevel | None) -> int | None:
    """Bytes of a shorter text; None if it would not hold a card's state."""
    if not thread.text_limit and sent_level is None:
        return CARD_BYTES  # a reply may be longer than a card
    now = thread.text_limit or CARD_BYTES
    return max(STATE_BYTES, now // 2) if now > STATE_BYTES else None


Block = dict[str, Any]

BUTTONS_IN_A_ROW = 24
"""Buttons in one block (count): Slack takes 25, and the buttons of one question stay together."""


class FallbackLevel(IntEnum):
    """How a card is written. The numbers are kept in `ThreadState.fallback_level`."""

    FULL = 0
    PLAIN_BLOCKS = 1
    """Only blocks that every workspace takes: the steps as a line of text."""
    NO_CONFIRMS = 2
    """Without confirm dialogs. A click stays safe: a decision is compared with the record."""
    COMPACT = 3
    """The text in as few sections as possible, and all buttons below it."""
    STATE_LINE = 4
    """Only what is deployed and its state, and the buttons."""
    TEXT = 5
    """The state line without blocks."""


@dataclass(frozen=True)
class FittedMessage:
    """A card as it is sent."""

    level: FallbackLevel
    text: str
    blocks: Sequence[Block]
    lacks_buttons: bool
    """Whether the card asks a question that cannot be answered on this message."""


def fit_message(card: Card, least_level: int, text_bytes: int = 0) -> FittedMessage:
    """The card at the richest level that fits Slack's limits, `least_level` or plainer.

    text_bytes: the most of its text, 0 for as many as Slack takes.

    A card without newer blocks begins at PLAIN_BLOCKS, so that a refused one is not sent again as it was.
    """
    if not native_types(card.blocks):
        least_level = max(least_level, FallbackLevel.PLAIN_BLOCKS)
    for form in FallbackLevel:
        if form < least_level:
            continue
        message = write_message(card, form, text_bytes)
        if message_size(message.text, message.blocks).fits:
            return message
    return write_message(card, FallbackLevel.TEXT, text_bytes)


def write_message(card: Card, level: FallbackLevel, text_bytes: int = 0) -> FittedMessage:
    """The card at this level, whether it fits or not."""
    text = (
        card.state_line
        if level >= FallbackLevel.STATE_LINE
        else clip_bytes(card.text, text_bytes or CARD_BYTES)
    )
    asks = any(element.get("action_id") in ids.QUESTION_BUTTONS for element in _action_elements(card.blocks))
    return FittedMessage(
        level, text, _blocks(card, level, text), lacks_buttons=asks and level is FallbackLevel.TEXT
    )


def _blocks(card: Card, level: FallbackLevel, text: str) -> Sequence[Block]:
    match level:
        case FallbackLevel.FULL:
            return card.blocks
        case FallbackLevel.PLAIN_BLOCKS:
            return _plain_blocks(card)
        case FallbackLevel.NO_CONFIRMS:
            return [_without_confirms(block) for block in _plain_blocks(card)]
        case FallbackLevel.COMPACT | FallbackLevel.STATE_LINE:
            return [*_sections(text), *_button_rows(card.blocks)]
        case FallbackLevel.TEXT:
            return []


def _plain_blocks(card: Card) -> list[Block]:
    line = {"type": "context", "elements": [{"type": "mrkdwn", "text": card.timeline}]}
    return [line if native_types([block]) else block for block in card.blocks]


def _without_confirms(block: Block) -> Block:
    changed = {**block}
    if "elements" in block:
        changed["elements"] = [_without_confirm(element) for element in block["elements"]]
    if "accessory" in block:
        changed["accessory"] = _without_confirm(block["accessory"])
    return changed


def _without_confirm(element: Block) -> Block:
    """Only answers and menus, which take two clicks anyway. Other buttons keep their dialog: one click on
    them changes production."""
    if element.get("action_id") not in (*ids.QUESTION_BUTTONS, ids.MORE):
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


def _button_rows(blocks: Sequence[Block]) -> list[Block]:
    """All buttons. Slack takes an action id once in a block, so repeated ones are numbered."""
    pressed = [
        {**_without_confirm(element)} for element in _action_elements(blocks) if element["type"] == "button"
    ]
    used = Counter(element["action_id"] for element in pressed)
    for number, element in enumerate(pressed):
        if used[element["action_id"]] > 1:
            element["action_id"] = ids.numbered_action_id(element["action_id"], number)
    rows = [pressed[first : first + BUTTONS_IN_A_ROW] for first in range(0, len(pressed), BUTTONS_IN_A_ROW)]
    return [{"type": "actions", "elements": row} for row in rows]


def _action_elements(blocks: Sequence[Block]) -> Iterator[Block]:
    return (element for block in blocks if block["type"] == "actions" for element in block["elements"])
