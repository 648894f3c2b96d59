"""Text that tries to be more than text, and the check of what Slack is given of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.deploys.test_safe_text import unsafe

HOSTILE = (
    "<!channel> <!here|x> <!everyone> <@U0EVIL> <!subteam^S0EVIL> <#C0EVIL> <https://evil.example|web> "
    "&lt;U0ESCAPED&gt; *bold* `code` ```fence :x: @here \u202e\u200b\x1b[31m\nFORGED line"
)
"""Mentions, a link, an escape that must not be undone, an end of a code span, characters that nobody sees,
and a second line."""
LONG = f"{HOSTILE} {'x' * 4000}"

_LIVE = re.compile(r"<[^<>]*(?:![a-z]*(?:channel|here|everyone)|EVIL|evil)[^<>]*>")
_FENCED = re.compile(r"```.*?```", re.DOTALL)


def mrkdwn_texts(part: Any) -> Iterator[str]:
    """Every text in what Slack is given in which it looks for mentions, links and marks: that of the message,
    and mrkdwn objects. Texts of buttons are plain."""
    if isinstance(part, dict):
        text = part.get("text")
        if isinstance(text, str) and part.get("type", "mrkdwn") == "mrkdwn":
            yield text
        for value in part.values():
            yield from mrkdwn_texts(value)
    elif isinstance(part, list | tuple):
        for each in part:
            yield from mrkdwn_texts(each)


def plain_texts(part: Any) -> Iterator[dict[str, Any]]:
    """Every plain text object."""
    if isinstance(part, dict):
        if part.get("type") == "plain_text":
            yield part
        for value in part.values():
            yield from plain_texts(value)
    elif isinstance(part, list | tuple):
        for each in part:
            yield from plain_texts(each)


def dangers(mrkdwn: str) -> list[str]:
    """What in this mrkdwn would be more than text: a mention or link of somebody else's, an escape that
    became a character, a line that looks like ours, a character that nobody sees."""
    found = [each[0] for each in _LIVE.finditer(mrkdwn)]
    found += re.findall(r"(?<!amp;lt;)(?<!&amp;)&lt;U0ESCAPED", mrkdwn)
    outside = _FENCED.sub("", mrkdwn)
    found += [line for line in outside.split("\n") if line.lstrip(" •>*_").startswith("FORGED")]
    found += unsafe(mrkdwn)
    if mrkdwn.count("```") % 2:
        found.append("a code block that does not end")
    return found


def assert_harmless(sent: dict[str, Any]) -> None:
    """What was given to Slack shows hostile text as text."""
    for text in mrkdwn_texts(sent):
        assert dangers(text) == [], text
    for plain in plain_texts(sent):
        assert unsafe(plain["text"]) == []
        assert ":x:" not in plain["text"] or plain.get("emoji") is False, plain
        assert "\nFORGED" not in plain["text"]
