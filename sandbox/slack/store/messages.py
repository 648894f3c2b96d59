"""All messages of the workspace, by channel and timestamp."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sandbox.slack.store.message import Message


class Messages:
    """Messages in the order they were written; ephemeral ones stand apart, as no app can find them again."""

    def __init__(self) -> None:
        self._kept: defaultdict[str, dict[str, Message]] = defaultdict(dict)
        self._ephemeral: defaultdict[str, dict[str, Message]] = defaultdict(dict)

    def add(self, message: Message) -> None:
        shelf = self._kept if message.ephemeral_to is None else self._ephemeral
        shelf[message.channel][message.ts] = message

    def find(self, channel: str, ts: str) -> Message | None:
        """A message that everybody in the channel sees."""
        return self._kept[channel].get(ts)

    def find_for(self, user: str, channel: str, ts: str) -> Message | None:
        """A message on this person's screen: one of the channel's, or an ephemeral of their own."""
        own = self._ephemeral[channel].get(ts)
        if own is not None and own.ephemeral_to == user:
            return own
        return self.find(channel, ts)

    def remove(self, message: Message) -> None:
        shelf = self._kept if message.ephemeral_to is None else self._ephemeral
        shelf[message.channel].pop(message.ts, None)

    def in_channel(self, channel: str) -> list[Message]:
        """Root messages and broadcast replies, oldest first."""
        return [
            message
            for message in self._kept[channel].values()
            if not message.is_reply or message.is_broadcast
        ]

    def in_thread(self, channel: str, root: str) -> list[Message]:
        """The root, then its replies, oldest first; empty when there is no such root."""
        first = self.find(channel, root)
        return [first, *self.replies(channel, root)] if first is not None else []

    def replies(self, channel: str, root: str) -> list[Message]:
        return [
            message
            for message in self._kept[channel].values()
            if message.is_reply and message.thread_ts == root
        ]

    def ephemeral_for(self, user: str, channel: str, thread: str | None) -> list[Message]:
        """This person's ephemerals of the channel itself, or with `thread` those of that thread.

        "Ephemeral messages in threads are only shown if there is already an active thread"
        (docs.slack.dev, chat.postEphemeral): an app's that came before the first reply nobody sees.
        """
        first = min((reply.ts for reply in self.replies(channel, thread)), default="") if thread else None
        return [
            message
            for message in self._ephemeral[channel].values()
            if message.ephemeral_to == user
            and message.thread_ts == thread
            and (first is None or not message.by_app or "" < first < message.ts)
        ]

    def thread_summary(self, message: Message) -> dict[str, Any]:
        """What Slack adds to a root once it has replies: `reply_count`, `latest_reply` and their like."""
        replies = self.replies(message.channel, message.ts)
        if not replies:
            return {}
        repliers = list(dict.fromkeys(reply.user for reply in replies))
        return {
            "thread_ts": message.ts,
            "reply_count": len(replies),
            "reply_users": repliers,
            "reply_users_count": len(repliers),
            "latest_reply": replies[-1].ts,
        }
