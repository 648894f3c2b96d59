"""One message, and how Slack writes it down for apps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.slack.store.rich_text import as_rich_text
from sandbox.slack.team.workspace import APP_ID, BOT_ID, BOT_USER, FOUNDED, TEAM_ID

Json = dict[str, Any]


@dataclass
class Message:
    """A message; with `ephemeral_to` it exists only on that person's screen."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json] | None = None
    attachments: list[Json] | None = None
    thread_ts: str | None = None
    subtype: str | None = None
    username: str | None = None
    icons: Json | None = None
    edited_ts: str | None = None
    ephemeral_to: str | None = None
    metadata: Json | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
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


def as_slack_writes(message: Message, bot_name: str) -> Json:
    """The message object of the Web API and of payloads."""
    written: Json = {"type": "message", "user": message.user, "ts": message.ts, "text": message.text}
    if message.by_app:
        written |= {"bot_id": BOT_ID, "app_id": APP_ID, "bot_profile": bot_profile(bot_name)}
    written["team"] = TEAM_ID
    optional: Json = {
        "subtype": message.subtype,
        "blocks": _blocks(message),
        "attachments": message.attachments,
        "thread_ts": message.thread_ts,
        "username": message.username,
        "icons": message.icons,
        "metadata": message.metadata,
    }
    written |= {name: value for name, value in optional.items() if value is not None}
    if message.edited_ts is not None:
        written["edited"] = {"user": message.user, "ts": message.edited_ts}
    if message.reactions:
        written["reactions"] = [
            {"name": name, "users": list(users), "count": len(users)}
            for name, users in message.reactions.items()
        ]
    return written


def _blocks(message: Message) -> list[Json] | None:
    """The blocks an app gave, or those that Slack makes of what a person typed."""
    if message.blocks is not None or message.by_app or message.subtype not in (None, "thread_broadcast"):
        return message.blocks
    return as_rich_text(message.text, message.ts)


def bot_profile(bot_name: str) -> Json:
    return {
        "id": BOT_ID,
        "app_id": APP_ID,
        "user_id": BOT_USER,
        "name": bot_name,
        "deleted": False,
        "updated": FOUNDED,
        "team_id": TEAM_ID,
        "icons": {},
    }
