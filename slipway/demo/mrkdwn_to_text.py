"""Slack's mrkdwn as text for a terminal."""

from __future__ import annotations

import re
from collections.abc import Mapping

from deploys.safe_text import remove_unsafe

_EMOJI = {
    "white_check_mark": "✔",
    "x": "✘",
    "warning": "⚠",
    "hourglass_flowing_sand": "⏳",
    "rewind": "⏪",
    "no_entry": "⛔",
    "rocket": "🚀",
}


def mrkdwn_to_text(text: str, names: Mapping[str, str]) -> str:
    """Names instead of ids, text and address of links, no markup, no terminal codes. `names` maps ids to names."""
    text = re.sub(r"<@(\w+)(?:\|[^>]*)?>", lambda m: f"@{names.get(m[1], m[1])}", text)
    text = re.sub(r"<!subteam\^(\w+)(?:\|[^>]*)?>", lambda m: f"@{names.get(m[1], m[1])}", text)
    text = re.sub(r"<#(\w+)(?:\|[^>]*)?>", lambda m: f"#{names.get(m[1], m[1])}", text)
    text = re.sub(r"<!date\^\d+\^[^|>]*\|([^>]*)>", r"\1", text)
    text = re.sub(r"<([^|>]+)\|([^>]+)>", r"\2 (\1)", text)
    text = re.sub(r"<(https?://[^>]+)>", r"\1", text)
    text = re.sub(r":([a-z_]+):", lambda m: _EMOJI.get(m[1], m[0]), text)
    text = re.sub(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])", r"\1", text)
    return remove_unsafe(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
