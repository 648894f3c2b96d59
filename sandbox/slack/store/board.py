"""Writing to the workspace: every change to a message is also news for those who see it."""

from __future__ import annotations

from typing import Any

from sandbox.slack.store.changes import Changes
from sandbox.slack.store.identifiers import Identifiers
from sandbox.slack.store.message import Message
from sandbox.slack.store.messages import Messages
from sandbox.slack.team.workspace import SLACKBOT, Channel, Workspace


class Board:
    def __init__(self, workspace: Workspace, messages: Messages, changes: Changes, ids: Identifiers) -> None:
        self._workspace = workspace
        self._messages = messages
        self._changes = changes
        self._ids = ids

    def write(self, channel: str, user: str, text: str, **details: Any) -> Message:
        """Adds a message; `details` are further fields of Message."""
        message = Message(self._ids.timestamp(), channel, user, text, **details)
        self._messages.add(message)
        self.changed(message)
        return message

    def tell(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Message:
        """Slackbot tells one person something, visible to them only."""
        return self.write(channel, SLACKBOT, text, ephemeral_to=user, thread_ts=thread_ts)

    def remove(self, message: Message) -> None:
        """Deletes a message; a root with replies stays as a tombstone, as at Slack."""
        if message.ephemeral_to is None and self._messages.replies(message.channel, message.ts):
            message.text = "This message was deleted."
            message.blocks = message.attachments = None
            message.subtype = "tombstone"
        else:
            self._messages.remove(message)
        self.changed(message)

    def changed(self, message: Message) -> None:
        what = "message" if message.ephemeral_to is None else "ephemeral"
        audience = self._audience(message)
        self._changes.record(
            what, audience, channel=message.channel, ts=message.ts, thread_ts=message.thread_ts
        )

    def _audience(self, message: Message) -> set[str] | None:
        if message.ephemeral_to is not None:
            return {message.ephemeral_to}
        channel: Channel = self._workspace.channels[message.channel]
        return set(channel.members) if channel.is_private else None
