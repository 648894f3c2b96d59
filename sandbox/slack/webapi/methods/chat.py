"""chat.*: what the bot writes, changes and takes back."""

from __future__ import annotations

from typing import Any

from sandbox.slack.outward.message_events import news_of
from sandbox.slack.store.message import Message, as_slack_writes
from sandbox.slack.team.workspace import BOT_USER, PEOPLE
from sandbox.slack.webapi.content import read_edit, read_post
from sandbox.slack.webapi.errors import ApiError
from sandbox.slack.webapi.limits import POSTING_IN_ONE_CHANNEL
from sandbox.slack.webapi.method import Call
from sandbox.slack.webapi.places import (
    channel_of_member,
    channel_to_post_in,
    known_channel,
    message_in,
    thread_to_post_in,
)

Json = dict[str, Any]


def post_message(call: Call) -> Json:
    channel = channel_to_post_in(call)
    call.counts_as(f"chat.postMessage in {channel.id}", POSTING_IN_ONE_CHANNEL)
    content = read_post(call.args)
    thread = thread_to_post_in(call, channel)
    broadcast = thread is not None and call.args.flag("reply_broadcast")
    message = call.state.board.write(
        channel.id,
        BOT_USER,
        content.text or "",
        blocks=content.blocks or None,
        attachments=content.attachments,
        thread_ts=thread,
        subtype="thread_broadcast" if broadcast else None,
        metadata=call.args.structure("metadata", "invalid_metadata_format"),
        **_authorship(call),
    )
    if BOT_USER in channel.members:
        for news in news_of(message, channel):
            call.state.events.announce(**news)
    return {
        "channel": channel.id,
        "ts": message.ts,
        "message": _written(call, message),
        **content.warned(),
    }


def post_ephemeral(call: Call) -> Json:
    # chat:write.public speaks of chat.postMessage only: for an ephemeral the bot has to be a member.
    channel = channel_of_member(call)
    user = call.args.required("user")
    if user not in PEOPLE or user not in channel.members:
        raise ApiError("user_not_in_channel")
    content = read_post(call.args)
    message = call.state.board.write(
        channel.id,
        BOT_USER,
        content.text or "",
        blocks=content.blocks or None,
        attachments=content.attachments,
        thread_ts=thread_to_post_in(call, channel),
        ephemeral_to=user,
        **_authorship(call),
    )
    return {"message_ts": message.ts, **content.warned()}


def update(call: Call) -> Json:
    channel = known_channel(call)
    content = read_edit(call.args)
    message = message_in(call, channel)
    if message.user != BOT_USER:
        raise ApiError("cant_update_message")
    if content.blocks is not None:
        message.blocks = content.blocks or None
    elif content.text is not None:
        message.blocks = None
    if content.text is not None:
        message.text = content.text
    if content.attachments is not None:
        message.attachments = content.attachments or None
    if content.blocks is None:
        # Slack shows "(edited)" only where text was edited; new blocks replace old ones unmarked.
        message.edited_ts = call.state.ids.timestamp()
    message.selections.clear()
    call.state.board.changed(message)
    written = _written(call, message)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": written}


def delete(call: Call) -> Json:
    channel = known_channel(call)
    message = message_in(call, channel)
    if message.user != BOT_USER:
        raise ApiError("cant_delete_message")
    call.state.board.remove(message)
    return {"channel": channel.id, "ts": message.ts}


def get_permalink(call: Call) -> Json:
    channel = known_channel(call)
    message = message_in(call, channel, "message_ts")
    return {"channel": channel.id, "permalink": call.state.permalink(message)}


def _authorship(call: Call) -> Json:
    """Another name or picture, for which an app needs chat:write.customize."""
    given = {name: call.args.text(name) for name in ("username", "icon_emoji", "icon_url")}
    if not any(given.values()):
        return {}
    call.needs("chat:write.customize")
    icons = {kind: given[f"icon_{kind}"] for kind in ("emoji", "url") if given[f"icon_{kind}"]}
    return {"username": given["username"], "icons": icons or None}


def _written(call: Call, message: Message) -> Json:
    return as_slack_writes(message, call.state.installation.manifest.bot_name)
