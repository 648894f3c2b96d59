"""How much a Slack message holds, and how long one is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MAX_EDIT_BYTES = 4000
"""Of the text of an edit, in UTF-8, as it is sent: with `&amp;` for `&`. Slack's page of chat.update says
characters; live calls show bytes (openclaw/openclaw #115027). Beyond it Slack answers `msg_too_long`."""
MAX_BLOCKS = 50
"""Blocks of a message (docs.slack.dev, "Blocks")."""
MAX_BLOCKS_CHARACTERS = 10_000
"""Characters of all blocks of a message together, as `MessageSize` counts them. Slack documents no limit and
answers `msg_blocks_too_long`: a maintainer spoke of 12,000 characters and some more for the blocks themselves
(slackapi/bolt-js #2509), and 11,341 characters of text were refused (#2867)."""
CHARACTERS_PER_BLOCK = 100
"""Characters that a block counts beside what is written in it: about as many were measured for headers."""
_KEYWORDS = frozenset({"type", "style"})


@dataclass(frozen=True)
class MessageSize:
    """How long a message is, counted as Slack counts."""

    text_bytes: int
    blocks: int
    characters: int
    """Of all blocks together: every string in them, also those of dialogs, options and values, and an amount
    for each block."""

    @property
    def fits(self) -> bool:
        """Whether Slack takes it as a new message and as an edit."""
        return (
            self.text_bytes <= MAX_EDIT_BYTES
            and self.blocks <= MAX_BLOCKS
            and self.characters <= MAX_BLOCKS_CHARACTERS
        )


def message_size(text: str, blocks: Sequence[Mapping[str, Any]]) -> MessageSize:
    """The size of a message with this text and these blocks."""
    characters = sum(utf16_units(written) for written in _strings(blocks)) + CHARACTERS_PER_BLOCK * len(
        blocks
    )
    return MessageSize(utf8_bytes(text), len(blocks), characters)


def utf8_bytes(text: str) -> int:
    """Bytes of the text as it is sent."""
    return len(text.encode("utf-8", "surrogatepass"))


def utf16_units(text: str) -> int:
    """Characters as JavaScript counts them, in which an emoji is two. Slack does not say how it counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _strings(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, Mapping):
        for key, value in part.items():
            if key not in _KEYWORDS:
                yield from _strings(value)
    elif isinstance(part, Sequence):
        for each in part:
            yield from _strings(each)
