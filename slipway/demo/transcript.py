"""Prints in the terminal what a person would see in Slack."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rich.console import Console

from slipway.demo.mrkdwn_to_text import mrkdwn_to_text

_INDENT = " " * 8
_MIN_WIDTH = 40
"""Narrower terminals wrap the lines themselves (columns)."""


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
