"""conversations.*: channels, who is in them and what was said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.slack.api_errors import ApiError, invalid_arguments
from sandbox.slack.store.messages import SlackMessage, message_api_json
from sandbox.slack.team.workspace import BOT_USER, PEOPLE, SlackChannel
from sandbox.slack.user_actions.membership import set_member
from sandbox.slack.webapi.api_method import ApiCall
from sandbox.slack.webapi.api_objects import channel_json
from sandbox.slack.webapi.call_targets import get_joined_channel, get_visible_channel

Json = dict[str, Any]

_KINDS = ("public_channel", "private_channel", "mpim", "im")
_READ_SCOPES = {
    "public_channel": "channels:read",
    "private_channel": "groups:read",
    "mpim": "mpim:read",
    "im": "im:read",
}


def list_channels(call: ApiCall) -> Json:
    kinds = [kind.strip() for kind in (call.args.text("types") or "public_channel").split(",")]
    for kind in kinds:
        if kind not in _KINDS:
            raise ApiError("invalid_types")
        call.require_scope(_READ_SCOPES[kind])
    channels = [
        channel
        for channel in call.state.workspace.channels.values()
        if channel_kind(channel) in kinds
        and channel.is_visible_to(BOT_USER)
        and not (channel.is_archived and call.args.boolean("exclude_archived"))
    ]
    page, more = paginate(call, [channel_json(channel) for channel in channels], 100)
    return {"channels": page, **more}


def channel_info(call: ApiCall) -> Json:
    channel = get_visible_channel(call)
    call.require_scope(_READ_SCOPES[channel_kind(channel)])
    written = channel_json(channel)
    if not call.args.boolean("include_num_members"):
        written.pop("num_members", None)
    return {"channel": written}


def channel_members(call: ApiCall) -> Json:
    channel = get_visible_channel(call)
    call.require_scope(_READ_SCOPES[channel_kind(channel)])
    page, more = paginate(call, sorted(channel.members), 100)
    return {"members": page, **more}


def open_direct_messages(call: ApiCall) -> Json:
    users = [user.strip() for user in (call.args.text("users") or "").split(",") if user.strip()]
    if len(users) != 1:
        raise invalid_arguments("this sandbox opens conversations with one person: users")
    if users[0] not in PEOPLE:
        raise ApiError("user_not_found")
    channel = call.state.workspace.direct_messages_with(users[0])
    return {"channel": channel_json(channel) if call.args.boolean("return_im") else {"id": channel.id}}


def join_channel(call: ApiCall) -> Json:
    channel = get_visible_channel(call)
    if channel.is_private:
        raise ApiError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise ApiError("is_archived")
    if BOT_USER in channel.members:
        return {
            "channel": channel_json(channel),
            "warning": "already_in_channel",
            "response_metadata": {"warnings": ["already_in_channel"]},
        }
    set_member(call.state, BOT_USER, channel, present=True)
    return {"channel": channel_json(channel)}


def channel_history(call: ApiCall) -> Json:
    channel = _get_readable_channel(call)
    within = _within_times(call, call.state.messages.in_channel(channel.id))
    return _messages_response(call, within[::-1])


def thread_replies(call: ApiCall) -> Json:
    channel = _get_readable_channel(call)
    thread = call.state.messages.in_thread(channel.id, call.args.required("ts"))
    if not thread:
        raise ApiError("thread_not_found")
    return _messages_response(call, [thread[0], *_within_times(call, thread[1:])])


def channel_kind(channel: SlackChannel) -> str:
    if channel.direct_to is not None:
        return "im"
    return "private_channel" if channel.is_private else "public_channel"


def paginate(call: ApiCall, items: Sequence[Any], default: int) -> tuple[list[Any], Json]:
    """One page, and where the next begins: the cursor is a position, opaque to the caller."""
    cursor = call.args.text("cursor") or "0"
    if not cursor.isdigit():
        raise ApiError("invalid_cursor")
    start, size = int(cursor), call.args.number("limit", default, 1000)
    following = start + size
    next_cursor = str(following) if following < len(items) else ""
    return list(items[start:following]), {"response_metadata": {"next_cursor": next_cursor}}


def _get_readable_channel(call: ApiCall) -> SlackChannel:
    channel = get_joined_channel(call)
    call.require_scope(_READ_SCOPES[channel_kind(channel)].replace(":read", ":history"))
    return channel


def _within_times(call: ApiCall, messages: list[SlackMessage]) -> list[SlackMessage]:
    oldest, latest = call.args.text("oldest") or "0", call.args.text("latest")
    inclusive = call.args.boolean("inclusive")

    def is_within(ts: str) -> bool:
        if inclusive and ts in (oldest, latest):
            return True
        return float(ts) > float(oldest) and (not latest or float(ts) < float(latest))

    try:
        return [message for message in messages if is_within(message.ts)]
    except ValueError:
        raise invalid_arguments("oldest and latest must be timestamps") from None


def _messages_response(call: ApiCall, messages: list[SlackMessage]) -> Json:
    bot_name = call.state.installation.manifest.bot_name
    written = [
        message_api_json(message, bot_name) | call.state.messages.thread_summary(message)
        for message in messages
    ]
    page, more = paginate(call, written, 100)
    return {"messages": page, "has_more": bool(more["response_metadata"]["next_cursor"]), **more}
