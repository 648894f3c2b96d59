"""What all blocks of one message may hold together, beside the limit of each part.

Slack documents no number. A maintainer named 12,000 characters of text and some more for the blocks around
it (bolt-js #2509, where 13,297 were taken of one single block, and fewer with each block more); 11,341
characters of text in many blocks were refused (bolt-js #2867). This sandbox refuses from there on, and counts
100 for each block on the way to 13,200.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.slack.blockkit.walking import all_blocks

MOST_TEXT = 11_340
MOST_WITH_BLOCKS = 13_200
FOR_EACH_BLOCK = 100
_SHOWN = frozenset({"text", "accessibility_label", "alt_text"})
"""Keys whose strings people read, however deep they lie."""


def too_long(blocks: list[dict[str, Any]]) -> bool:
    """Whether Slack answers `msg_blocks_too_long`."""
    text = sum(len(shown) for shown in _shown(blocks))
    return text > MOST_TEXT or text + FOR_EACH_BLOCK * len(list(all_blocks(blocks))) > MOST_WITH_BLOCKS


def _shown(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for item in part:
            yield from _shown(item)
    elif isinstance(part, dict):
        for key, value in part.items():
            if key in _SHOWN and isinstance(value, str):
                yield value
            else:
                yield from _shown(value)
