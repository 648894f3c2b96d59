"""The Home tab was opened: a worker shows it, because a listener calls no Slack."""

from __future__ import annotations

from typing import Any

from bot.desk import Desk


def opened(event: dict[str, Any], desk: Desk) -> None:
    """Rings for the Home tab of whoever opened it; the Messages tab needs nothing."""
    if event.get("tab", "home") == "home":
        desk.bell.home(event["user"])
