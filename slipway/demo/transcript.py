"""Prints in the terminal what a person would see in Slack."""

from __future__ import annotations

import re
import textwrap
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rich.console import Console

from deploys.safe_text import remove_unsafe

_INDENT = " " * 8
_MIN_WIDTH = 40
"""Narrower terminals wrap the lines themselves (columns)."""
_LONGEST_ADDRESS = 80
"""Of a link that is printed (characters)."""
_EMOJI = {
    "white_check_mark": "✔",
    "x": "✘",
    "warning": "⚠",
    "hourglass_flowing_sand": "⏳",
    "rewind": "⏪",
    "no_entry": "⛔",
    "rocket": "🚀",
}


@dataclass
class Transcript:
    """Prints each message once, with the seconds since the command."""

    console: Console
    names: Mapping[str, str]
    started_at: float = field(default_factory=time.monotonic)
    _last_text_by_key: dict[str, str] = field(default_factory=dict)

    def print_message(self, key: str, speaker: str, text: str) -> None:
        """Prints a message, and again if its text has changed."""
        text = mrkdwn_to_text(text, self.names)
        if self._last_text_by_key.get(key) == text:
            return
        edited = key in self._last_text_by_key
        self._last_text_by_key[key] = text
        seconds = time.monotonic() - self.started_at
        head = f"[dim]{seconds:6.1f}s[/dim] [bold]{speaker}[/bold]{' [dim](edited)[/dim]' if edited else ''}"
        self.console.print(head, highlight=False)
        for line in self._wrap_lines(text):
            self.console.print(f"{_INDENT}{line}", highlight=False, markup=False, soft_wrap=True)

    def _wrap_lines(self, text: str) -> Iterator[str]:
        """Wraps lines for a terminal, with their list marks outdented. Otherwise lines stay whole."""
        for line in text.splitlines():
            if not self.console.is_terminal:
                yield line
                continue
            yield from textwrap.wrap(
                line,
                max(_MIN_WIDTH, self.console.width - len(_INDENT)),
                subsequent_indent="  " if line.startswith("• ") else "",
                break_long_words=False,
                break_on_hyphens=False,
            ) or [""]


def _link_to_text(link: re.Match[str]) -> str:
    """Its words, and where it leads if that is not as long as the console's addresses."""
    return link[2] if len(link[1]) > _LONGEST_ADDRESS else f"{link[2]} ({link[1]})"


def mrkdwn_to_text(text: str, names: Mapping[str, str]) -> str:
    """Slack's mrkdwn as plain text: no markup, no terminal codes, and names instead of ids.

    `names` maps the ids of people, user groups and channels to their names.
    """
    text = re.sub(r"<@(\w+)(?:\|[^>]*)?>", lambda m: f"@{names.get(m[1], m[1])}", text)
    text = re.sub(r"<!subteam\^(\w+)(?:\|[^>]*)?>", lambda m: f"@{names.get(m[1], m[1])}", text)
    text = re.sub(r"<#(\w+)(?:\|[^>]*)?>", lambda m: f"#{names.get(m[1], m[1])}", text)
    text = re.sub(r"<!date\^\d+\^[^|>]*\|([^>]*)>", r"\1", text)
    text = re.sub(r"<([^|>]+)\|([^>]+)>", _link_to_text, text)
    text = re.sub(r"<(https?://[^>]+)>", r"\1", text)
    text = re.sub(r":([a-z_]+):", lambda m: _EMOJI.get(m[1], m[0]), text)
    text = re.sub(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])", r"\1", text)
    return remove_unsafe(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
