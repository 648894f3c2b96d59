"""Units and names as people read them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

TimeFormat = Callable[[float], str]
"""Writes a moment (epoch seconds): `slack_time` for readers, `utc_time` for screen readers."""


def shorten_line(text: str, limit: int) -> str:
    """Plain text on one line, without what cannot be printed, cut with an ellipsis (characters)."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def duration(seconds: float) -> str:
    """`48 s`, `3 min 05 s`, `30 min`, `1 h 02 min`, `2 h`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest:02d} s" if rest else f"{minutes} min"
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours} h {minutes:02d} min" if minutes else f"{hours} h"


def long_duration(seconds: float) -> str:
    """The same in two units at most: `48 s`, `3 min 05 s`, `1 h 02 min`, `2 days 4 h`, `3 days`."""
    days, hours = divmod(round(seconds) // 3600, 24)
    if days < 2:
        return duration(seconds)
    return f"{days} days {hours} h" if hours else f"{days} days"


def time_ago(seconds: float) -> str:
    """`just now`, `48 s ago`, `3 min ago`, `2 h ago`, `4 days ago`."""
    whole = max(0, int(seconds))
    if whole < 5:
        return "just now"
    if whole < 60:
        return f"{whole} s ago"
    if whole < 3600:
        return f"{whole // 60} min ago"
    if whole < 86_400:
        return f"{whole // 3600} h ago"
    days = whole // 86_400
    return f"{days} day ago" if days == 1 else f"{days} days ago"


def image_size(count: int) -> str:
    """`48.2 MB`, `1.34 GB`: bytes in powers of a thousand, as ECR's console has them."""
    if count < 1_000_000:
        return f"{max(1, round(count / 1000))} kB"
    if count < 999_950_000:
        return f"{count / 1_000_000:.1f} MB"
    return f"{count / 1_000_000_000:.2f} GB"


def slack_time(at: float) -> str:
    """A moment in the reader's own time zone, or in UTC (docs.slack.dev, "Formatting message text")."""
    return f"<!date^{int(at)}^{{date_short_pretty}} {{time}}|{utc_time(at)}>"


def utc_time(at: float) -> str:
    """`2026-09-21 14:13 UTC`, where a reader's own time zone cannot be shown."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


def percent(share: float) -> str:
    """`10 %`, `12.5 %`."""
    return f"{share:g} %"
