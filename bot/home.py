"""The Home tab was opened: a worker shows it, because a listener calls no Slack."""

from __future__ import annotations

from typing import Any

from bot.app_context import AppContext


def refresh_home(event: dict[str, Any], context: AppContext) -> None:
    """Rings for the Home tab of whoever opened it; the Messages tab needs nothing."""
    if event.get("tab", "home") == "home":
        context.jobs.publish_home(event["user"])
