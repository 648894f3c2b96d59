"""How a thread is written otherwise when Slack does not take it as it is. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from slack_sdk.models.blocks import MarkdownTextObject, SectionBlock

from deploys.threads import ThreadView
from workers.thread.card import Card
from workers.thread.lengths import SECTION, clip
from workers.thread.trouble import Kind

PLAINEST = 2
"""Text alone. At 1 it is the text in one section, with the buttons, because a question needs its buttons."""


def adapted(view: ThreadView, asked_in: str | None, kind: Kind) -> ThreadView | None:
    """The view under which another try makes sense at once; None where none does. `asked_in` is the thread it
    was asked for in.

    A card that a person deleted is posted once more, not for ever.
    """
    if kind is Kind.BLOCKS and view.plainness < PLAINEST:
        return view.evolve(plainness=view.plainness + 1)
    if kind not in (Kind.CARD_GONE, Kind.THREAD_GONE) or view.lost:
        return None
    if kind is Kind.THREAD_GONE and asked_in and not view.astray:
        return view.evolve(astray=True, ts="", card_place=None)
    if not view.replaced:
        return view.evolve(replaced=True, ts="", card_place=None)
    return view.evolve(lost=True)


def dressed(shown: Card, plainness: int) -> Sequence[dict[str, Any]]:
    """The card's blocks, or plainer ones."""
    if not plainness:
        return shown.blocks
    if plainness >= PLAINEST:
        return []
    section = SectionBlock(text=MarkdownTextObject(text=clip(shown.text, SECTION))).to_dict()
    return [section, *(block for block in shown.blocks if block["type"] == "actions")]
