"""What kind of payload it is, and the id that all its repeats share."""

from __future__ import annotations

from typing import Any


def is_command(body: dict[str, Any]) -> bool:
    """A slash command: the one kind that can be answered with text in the ack."""
    return "command" in body and "trigger_id" in body


def is_click(body: dict[str, Any]) -> bool:
    """A button was pressed, or something chosen from a menu."""
    return body.get("type") == "block_actions" and bool(body.get("actions"))


def delivery_id(body: dict[str, Any]) -> str | None:
    """The same for every delivery of one thing; None where Slack gives it no id.

    `event_id` is unique for each event and kept by retries; `trigger_id` is made anew for each command and
    click.
    """
    if event := body.get("event_id"):
        return f"event:{event}"
    if trigger := body.get("trigger_id"):
        return f"trigger:{trigger}"
    return None
