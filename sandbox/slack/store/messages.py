"""All messages of the workspace by channel and timestamp, and their form in the Web API."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from sandbox.slack.store.typed_rich_text import typed_text_as_blocks
from sandbox.slack.team.workspace import APP_ID, BOT_ID, BOT_USER, CREATED_AT, TEAM_ID


class MessageStore:
    """Messages in the order in which they were written. Ephemeral ones are kept apart: no app can read
    them."""

    def __init__(self) -> None:
        self._visible_to_all: defaultdict[str, dict[str, SlackMessage]] = defaultdict(dict)
        self._ephemeral: defaultdict[str, dict[str, SlackMessage]] = defaultdict(dict)

    def add(self, message: SlackMessage) -> None:
        messages = self._visible_to_all if message.ephemeral_to is None else self._ephemeral
        messages[message.channel][message.ts] = message

    def find(self, channel: str, ts: str) -> SlackMessage | None:
        """A message that everybody in the channel sees."""
        return self._visible_to_all[channel].get(ts)

    def find_for(self, user: str, channel: str, ts: str) -> SlackMessage | None:
        """A message on this person's screen: one of the channel, or one of their ephemeral messages."""
        own = self._ephemeral[channel].get(ts)
        if own is not None and own.ephemeral_to == user:
            return own
        return self.find(channel, ts)

    def remove(self, message: SlackMessage) -> None:
        messages = self._visible_to_all if message.ephemeral_to is None else self._ephemeral
        messages[message.channel].pop(message.ts, None)

    def in_channel(self, channel: str) -> list[SlackMessage]:
        """Root messages and broadcast replies, oldest first."""
        return [
            message
            for message in self._visible_to_all[channel].values()
            if not message.is_reply or message.is_broadcast
        ]

    def in_thread(self, channel: str, root: str) -> list[SlackMessage]:
        """The root message, then its replies, oldest first; empty if there is no such message."""
        first = self.find(channel, root)
        return [first, *self.replies(channel, root)] if first is not None else []

    def replies(self, channel: str, root: str) -> list[SlackMessage]:
        return [
            message
            for message in self._visible_to_all[channel].values()
            if message.is_reply and message.thread_ts == root
        ]

    def ephemeral_for(self, user: str, channel: str, thread: str | None) -> list[SlackMessage]:
        """This person's ephemeral messages in the channel, or with `thread` those in that thread.

        "Ephemeral messages in threads are only shown if there is already an active thread"
        (docs.slack.dev, chat.postEphemeral): nobody sees an app's ephemeral message before the first reply.
        """
        first = min((reply.ts for reply in self.replies(channel, thread)), default="") if thread else None
        return [
            message
            for message in self._ephemeral[channel].values()
            if message.ephemeral_to == user
            and message.thread_ts == thread
            and (first is None or not message.by_app or "" < first < message.ts)
        ]

    def thread_summary(self, message: SlackMessage) -> dict[str, Any]:
        """What Slack adds to a root message that has replies: `reply_count`, `latest_reply` and others."""
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


Json = dict[str, Any]


@dataclass
class SlackMessage:
    """A message. With `ephemeral_to` only that person sees it."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json] | None = None
    thread_ts: str | None = None
    subtype: str | None = None
    edited_ts: str | None = None
    ephemeral_to: str | None = None
    selections: dict[str, Json] = field(default_factory=dict)

    @property
    def is_reply(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts

    @property
    def is_broadcast(self) -> bool:
        return self.subtype == "thread_broadcast"

    @property
    def by_app(self) -> bool:
        return self.user == BOT_USER


def message_api_json(message: SlackMessage, bot_name: str) -> Json:
    """The message object of the Web API and of payloads."""
    result: Json = {"type": "message", "user": message.user, "ts": message.ts, "text": message.text}
    if message.by_app:
        result |= {"bot_id": BOT_ID, "app_id": APP_ID, "bot_profile": bot_profile_json(bot_name)}
    result["team"] = TEAM_ID
    optional: Json = {
        "subtype": message.subtype,
        "blocks": _blocks_or_rich_text(message),
        "thread_ts": message.thread_ts,
    }
    result |= {name: value for name, value in optional.items() if value is not None}
    if message.edited_ts is not None:
        result["edited"] = {"user": message.user, "ts": message.edited_ts}
    return result


def _blocks_or_rich_text(message: SlackMessage) -> list[Json] | None:
    """The app's blocks, or those that Slack makes of typed text."""
    if message.blocks is not None or message.by_app or message.subtype not in (None, "thread_broadcast"):
        return message.blocks
    return typed_text_as_blocks(message.text, message.ts)


def bot_profile_json(bot_name: str) -> Json:
    return {
        "id": BOT_ID,
        "app_id": APP_ID,
        "user_id": BOT_USER,
        "name": bot_name,
        "deleted": False,
        "updated": CREATED_AT,
        "team_id": TEAM_ID,
        "icons": {},
    }
