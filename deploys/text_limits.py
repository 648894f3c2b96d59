"""Fits text into Slack's limits without breaking what it means.

The limits are those of Slack's Block Kit reference (docs.slack.dev), in UTF-16 units unless bytes are named.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from deploys.message_size import MAX_EDIT_BYTES, utf8_bytes, utf16_units
from deploys.mrkdwn import code
from deploys.safe_text import one_safe_line

TEXT = 4000
"""Of a message that is never edited. Slack recommends it, and cuts at ten times as much."""
CARD_BYTES = MAX_EDIT_BYTES - 200
"""UTF-8 bytes of a message that is edited. Below Slack's limit, as Slack may spell emoji out before it
counts."""
STATE_BYTES = 1200
"""UTF-8 bytes of the state line, which a card is never cut below."""
SECTION = 3000
BUTTON = 75
CONFIRM_TITLE = 100
CONFIRM_TEXT = 300
CONFIRM_BUTTON = 30

ELLIPSIS = "…"
_UNFINISHED = re.compile(r"&[a-z]{0,4}$|<[^<>]{0,3000}$")
"""An escape, a mention or a link that was cut in the middle."""


def clip(mrkdwn: str, limit: int) -> str:
    """The mrkdwn, or its beginning and an ellipsis: never half an escape, a mention or a code span."""
    if utf16_units(mrkdwn) <= limit:
        return mrkdwn
    return _close_markup(_first_units(mrkdwn, limit - 5))


def clip_bytes(mrkdwn: str, limit: int) -> str:
    """The same, for a limit in UTF-8 bytes."""
    if utf8_bytes(mrkdwn) <= limit:
        return mrkdwn
    head = mrkdwn.encode("utf-8", "surrogatepass")[: max(limit - 6, 0)]
    return _close_markup(head.decode("utf-8", "ignore"))


def shorten(plain: str, limit: int) -> str:
    """Plain text on one line, cut with an ellipsis; to be used before it is escaped."""
    line = one_safe_line(plain)
    return line if utf16_units(line) <= limit else f"{_first_units(line, limit - 1)}{ELLIPSIS}"


def short_code(limit: int) -> Callable[[str], str]:
    """Shows plain text as code, shortened."""
    return lambda plain: code(shorten(plain, limit))


def share_bytes(sizes: list[int], total: int) -> list[int]:
    """How much of `total` each gets: all it needs, or as much as the others that need more."""
    left, given = total, [0] * len(sizes)
    for served, place in enumerate(sorted(range(len(sizes)), key=lambda each: sizes[each])):
        given[place] = min(sizes[place], left // (len(sizes) - served))
        left -= given[place]
    return given


def _close_markup(cut: str) -> str:
    cut = _UNFINISHED.sub("", cut)
    if cut.count("```") % 2:
        return f"{cut}{ELLIPSIS}```"
    spans = cut.rsplit("\n", 1)[-1].replace("```", "").count("`")
    return f"{cut}{ELLIPSIS}`" if spans % 2 else f"{cut}{ELLIPSIS}"


def _first_units(text: str, limit: int) -> str:
    units = text.encode("utf-16-le", "surrogatepass")[: max(limit, 0) * 2]
    return units.decode("utf-16-le", "ignore")
