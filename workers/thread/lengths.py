"""Fits text into Slack's limits without breaking what it means.

The limits are those of Slack's Block Kit reference (docs.slack.dev). Slack does not say how it counts, so a
character outside the basic plane, such as an emoji, counts as two, as in UTF-16 and so in JavaScript.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from deploys.mrkdwn import code

TEXT = 4000
SECTION = 3000
BUTTON = 75
CONFIRM_TITLE = 100
CONFIRM_TEXT = 300
CONFIRM_BUTTON = 30
BLOCKS = 50

ELLIPSIS = "…"
_UNFINISHED = re.compile(r"&[a-z]{0,4}$|<[^<>]{0,300}$")
"""An escape or a mention that was cut in the middle."""


def length(text: str) -> int:
    """UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def clip(mrkdwn: str, limit: int) -> str:
    """The mrkdwn, or its beginning and an ellipsis: never half an escape, a mention or a code span."""
    if length(mrkdwn) <= limit:
        return mrkdwn
    cut = _UNFINISHED.sub("", _head(mrkdwn, limit - 5))
    if cut.count("```") % 2:
        return f"{cut}{ELLIPSIS}```"
    spans = cut.rsplit("\n", 1)[-1].replace("```", "").count("`")
    return f"{cut}{ELLIPSIS}`" if spans % 2 else f"{cut}{ELLIPSIS}"


def shorten(plain: str, limit: int) -> str:
    """Plain text on one line, cut with an ellipsis; to be used before it is escaped."""
    line = " ".join(plain.split())
    return line if length(line) <= limit else f"{_head(line, limit - 1)}{ELLIPSIS}"


def short_code(limit: int) -> Callable[[str], str]:
    """Shows plain text as code, shortened."""
    return lambda plain: code(shorten(plain, limit))


def _head(text: str, limit: int) -> str:
    units = text.encode("utf-16-le", "surrogatepass")[: max(limit, 0) * 2]
    return units.decode("utf-16-le", "ignore")
