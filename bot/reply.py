"""An answer to one person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from deploys.mrkdwn import AS_WRITTEN, as_written


@dataclass(frozen=True)
class Reply:
    """What only the person who asked sees. The text is whole without the blocks."""

    text: str
    blocks: tuple[dict[str, Any], ...] = ()
    said_anyway: bool = False
    """A card or an answer follows in the thread and says as much, so there nothing is said before it."""

    def payload(self) -> dict[str, Any]:
        """As Slack takes it in the ack of a slash command."""
        body: dict[str, Any] = {"response_type": "ephemeral", "text": as_written(self.text), **AS_WRITTEN}
        return {**body, "blocks": as_written(self.blocks)} if self.blocks else body


def section(text: str, accessory: dict[str, Any] | None = None) -> dict[str, Any]:
    """A section block (at most 3000 characters)."""
    block = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
    return {**block, "accessory": accessory} if accessory else block


def context(text: str) -> dict[str, Any]:
    """A line in small print."""
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text}]}
