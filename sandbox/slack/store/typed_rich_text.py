"""The rich_text block that Slack adds to what a person typed."""

from __future__ import annotations

import re
from typing import Any

Json = dict[str, Any]

_CONTROL = re.compile(r"<([^<>]+)>")


def typed_text_as_blocks(text: str, ts: str) -> list[Json]:
    """The text of the message `ts` as one block. Formatting in the text stays text."""
    elements: list[Json] = []
    position = 0
    for found in _CONTROL.finditer(text):
        elements += _text_elements(text[position : found.start()])
        elements.append(_control_element(found.group(1)))
        position = found.end()
    elements += _text_elements(text[position:])
    section = {"type": "rich_text_section", "elements": elements}
    return [{"type": "rich_text", "block_id": ts[-5:], "elements": [section]}]


def _text_elements(text: str) -> list[Json]:
    if not text:
        return []
    return [{"type": "text", "text": text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")}]


def _control_element(inside: str) -> Json:
    target, _, label = inside.partition("|")
    if target.startswith("@"):
        return {"type": "user", "user_id": target[1:]}
    if target.startswith("#"):
        return {"type": "channel", "channel_id": target[1:]}
    if target.startswith("!subteam^"):
        return {"type": "usergroup", "usergroup_id": target.removeprefix("!subteam^")}
    if target.startswith("!"):
        return {"type": "broadcast", "range": target[1:]}
    return {"type": "link", "url": target, "text": label} if label else {"type": "link", "url": target}
