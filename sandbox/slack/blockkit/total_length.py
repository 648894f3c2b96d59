"""The total length of the blocks of one message, beside the limit of each part.

Slack documents no number. A maintainer named 12,000 characters of text and some more for the blocks around
it (bolt-js #2509: 13,297 were accepted in a single block, and fewer with each additional block). 11,341
characters of text in many blocks were refused (bolt-js #2867). This sandbox refuses 11,341 characters, and
13,200 if each block counts as 100 characters more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.slack.blockkit.traversal import all_blocks

MAX_TEXT_CHARACTERS = 11_340
MAX_CHARACTERS_WITH_BLOCKS = 13_200
CHARACTERS_PER_BLOCK = 100
_SHOWN_KEYS = frozenset({"text", "accessibility_label", "alt_text"})
"""The keys of strings that people read, at any depth."""


def is_too_long(blocks: list[dict[str, Any]]) -> bool:
    """Whether Slack answers `msg_blocks_too_long`."""
    text = sum(len(shown) for shown in _shown_texts(blocks))
    return (
        text > MAX_TEXT_CHARACTERS
        or text + CHARACTERS_PER_BLOCK * len(list(all_blocks(blocks))) > MAX_CHARACTERS_WITH_BLOCKS
    )


def _shown_texts(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for item in part:
            yield from _shown_texts(item)
    elif isinstance(part, dict):
        for key, value in part.items():
            if key in _SHOWN_KEYS and isinstance(value, str):
                yield value
            else:
                yield from _shown_texts(value)
