"""Writes messages, and records each change for those who see it."""

from __future__ import annotations

from typing import Any

from sandbox.slack.store.change_log import ChangeLog
from sandbox.slack.store.messages import MessageStore, SlackMessage
from sandbox.slack.store.slack_ids import SlackIds
from sandbox.slack.team.workspace import SLACKBOT, SlackChannel, SlackWorkspace


class MessageWriter:
    def __init__(
        self, workspace: SlackWorkspace, messages: MessageStore, changes: ChangeLog, ids: SlackIds
    ) -> None:
        self._workspace = workspace
        self._messages = messages
        self._changes = changes
        self._ids = ids

    def add(self, channel: str, user: str, text: str, **details: Any) -> SlackMessage:
        """Adds a message. `details` are further fields of SlackMessage."""
        message = SlackMessage(self._ids.new_timestamp(), channel, user, text, **details)
        self._messages.add(message)
        self.record_change(message)
        return message

    def write_ephemeral(
        self, user: str, channel: str, text: str, thread_ts: str | None = None
    ) -> SlackMessage:
        """Adds a message of Slackbot that only this person sees."""
        return self.add(channel, SLACKBOT, text, ephemeral_to=user, thread_ts=thread_ts)

    def remove(self, message: SlackMessage) -> None:
        """Deletes a message. A root message with replies becomes a tombstone, as at Slack."""
        if message.ephemeral_to is None and self._messages.replies(message.channel, message.ts):
            message.text = "This message was deleted."
            message.blocks = None
            message.subtype = "tombstone"
        else:
            self._messages.remove(message)
        self.record_change(message)

    def record_change(self, message: SlackMessage) -> None:
        what = "message" if message.ephemeral_to is None else "ephemeral"
        audience = self._audience(message)
        self._changes.record(
            what, audience, channel=message.channel, ts=message.ts, thread_ts=message.thread_ts
        )

    def _audience(self, message: SlackMessage) -> set[str] | None:
        if message.ephemeral_to is not None:
            return {message.ephemeral_to}
        channel: SlackChannel = self._workspace.channels[message.channel]
        return set(channel.members) if channel.is_private else None
