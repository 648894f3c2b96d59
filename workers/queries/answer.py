"""What a query answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deploys.native_blocks import Block
from deploys.records.refused_request import RefusedRequest
from deploys.text_limits import SECTION, clip


@dataclass(frozen=True)
class Answer:
    """An answer for one person."""

    text: str
    """All of it, as mrkdwn."""
    native: Sequence[Block] = ()
    """The same with a data table or charts, for workspaces that take them."""
    refused_request: RefusedRequest | None = None
    """What was refused, if buttons may offer what is meant."""


def section(text: str) -> Block:
    """A section block."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": clip(text, SECTION)}}


def context(text: str) -> Block:
    """A line in small print."""
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": clip(text, SECTION)}]}
