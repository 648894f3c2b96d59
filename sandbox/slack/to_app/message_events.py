"""The events of a new message: `message.*`, and `app_mention` if it mentions the bot."""

from __future__ import annotations

import uuid
from typing import Any, TypedDict

from sandbox.slack.store.messages import SlackMessage
from sandbox.slack.store.typed_rich_text import typed_text_as_blocks
from sandbox.slack.team.workspace import (
    APP_ID,
    BOT_ID,
    BOT_USER,
    FOREIGN_TEAM_ID,
    FRED,
    TEAM_ID,
    SlackChannel,
)

Json = dict[str, Any]


class MessageEvent(TypedDict):
    """An event with the subscription and the scope that it needs."""

    event: Json
    subscription: str
    scope: str
    is_ext_shared: bool


_SUBSCRIPTIONS = {
    "channel": ("message.channels", "channels:history"),
    "group": ("message.groups", "groups:history"),
    "im": ("message.im", "im:history"),
    "mpim": ("message.mpim", "mpim:history"),
}


def events_for_message(message: SlackMessage, channel: SlackChannel) -> list[MessageEvent]:
    """The events that an app in this channel gets for a message."""
    kind = channel.kind
    subscription, scope = _SUBSCRIPTIONS[kind]
    event = _event_json(message)
    as_message = {**event, "type": "message", "channel_type": kind}
    if message.subtype is not None:
        as_message["subtype"] = message.subtype
    shared = channel.is_ext_shared
    news = [MessageEvent(event=as_message, subscription=subscription, scope=scope, is_ext_shared=shared)]
    if f"<@{BOT_USER}>" in message.text and not message.by_app and kind != "im":
        as_mention = {**event, "type": "app_mention"}
        news.append(
            MessageEvent(
                event=as_mention,
                subscription="app_mention",
                scope="app_mentions:read",
                is_ext_shared=shared,
            )
        )
    return news


def _event_json(message: SlackMessage) -> Json:
    event: Json = {
        "user": message.user,
        "ts": message.ts,
        "text": message.text,
        "team": FOREIGN_TEAM_ID if message.user == FRED else TEAM_ID,
        "blocks": message.blocks or typed_text_as_blocks(message.text, message.ts),
        "channel": message.channel,
        "event_ts": message.ts,
    }
    if message.by_app:
        event |= {"bot_id": BOT_ID, "app_id": APP_ID}
    else:
        event["client_msg_id"] = str(uuid.uuid4())
    if message.user == FRED:
        event |= {"user_team": FOREIGN_TEAM_ID, "source_team": FOREIGN_TEAM_ID}
        event["user_profile"] = {"team": FOREIGN_TEAM_ID}
    if message.thread_ts is not None:
        event["thread_ts"] = message.thread_ts
    return event
