"""chat.*: the bot posts, edits and deletes messages."""

from __future__ import annotations

from typing import Any

from sandbox.slack.api_errors import ApiError
from sandbox.slack.app_content.message_content import read_edit, read_post
from sandbox.slack.slack_limits import POSTING_IN_ONE_CHANNEL
from sandbox.slack.store.messages import SlackMessage, message_api_json
from sandbox.slack.team.workspace import BOT_USER, PEOPLE
from sandbox.slack.to_app.message_events import events_for_message
from sandbox.slack.webapi.api_method import ApiCall
from sandbox.slack.webapi.call_targets import (
    get_channel_to_post_in,
    get_joined_channel,
    get_message,
    get_thread_to_post_in,
    get_visible_channel,
)

Json = dict[str, Any]


def post_message(call: ApiCall) -> Json:
    channel = get_channel_to_post_in(call)
    call.count_against(f"chat.postMessage in {channel.id}", POSTING_IN_ONE_CHANNEL)
    content = read_post(call.args, call.state.faults.unsupported_blocks())
    thread = get_thread_to_post_in(call, channel)
    broadcast = thread is not None and call.args.boolean("reply_broadcast")
    message = call.state.message_writer.add(
        channel.id,
        BOT_USER,
        content.text or "",
        blocks=content.blocks or None,
        thread_ts=thread,
        subtype="thread_broadcast" if broadcast else None,
    )
    if BOT_USER in channel.members:
        for event in events_for_message(message, channel):
            call.state.events_api.send_in_background(**event)
    return {
        "channel": channel.id,
        "ts": message.ts,
        "message": _message_json(call, message),
        **content.warnings_json(),
    }


def post_ephemeral(call: ApiCall) -> Json:
    # chat:write.public is only for chat.postMessage: for an ephemeral message the bot must be a member.
    channel = get_joined_channel(call)
    user = call.args.required("user")
    if user not in PEOPLE or user not in channel.members:
        raise ApiError("user_not_in_channel")
    content = read_post(call.args, call.state.faults.unsupported_blocks())
    message = call.state.message_writer.add(
        channel.id,
        BOT_USER,
        content.text or "",
        blocks=content.blocks or None,
        thread_ts=get_thread_to_post_in(call, channel),
        ephemeral_to=user,
    )
    return {"message_ts": message.ts, **content.warnings_json()}


def update_message(call: ApiCall) -> Json:
    channel = get_visible_channel(call)
    content = read_edit(call.args, call.state.faults.unsupported_blocks())
    message = get_message(call, channel)
    if message.user != BOT_USER:
        raise ApiError("cant_update_message")
    if content.blocks is not None:
        message.blocks = content.blocks or None
    elif content.text is not None:
        message.blocks = None
    if content.text is not None:
        message.text = content.text
    if content.blocks is None:
        # Slack shows "(edited)" only if text was edited. New blocks replace old ones without a mark.
        message.edited_ts = call.state.ids.new_timestamp()
    message.selections.clear()
    call.state.message_writer.record_change(message)
    message_object = _message_json(call, message)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": message_object}


def delete_message(call: ApiCall) -> Json:
    channel = get_visible_channel(call)
    message = get_message(call, channel)
    if message.user != BOT_USER:
        raise ApiError("cant_delete_message")
    call.state.message_writer.remove(message)
    return {"channel": channel.id, "ts": message.ts}


def get_permalink(call: ApiCall) -> Json:
    channel = get_visible_channel(call)
    message = get_message(call, channel, "message_ts")
    return {"channel": channel.id, "permalink": call.state.permalink(message)}


def _message_json(call: ApiCall, message: SlackMessage) -> Json:
    return message_api_json(message, call.state.installation.manifest.bot_name)
