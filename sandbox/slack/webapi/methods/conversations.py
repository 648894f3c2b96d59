"""conversations.*: channels, who is in them and what was said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.slack.people.membership import set_member
from sandbox.slack.store.message import Message, as_slack_writes
from sandbox.slack.team.workspace import BOT_USER, PEOPLE, Channel
from sandbox.slack.webapi.errors import ApiError, invalid_arguments
from sandbox.slack.webapi.method import Call
from sandbox.slack.webapi.objects import channel_object
from sandbox.slack.webapi.places import channel_of_member, known_channel

Json = dict[str, Any]

_KINDS = ("public_channel", "private_channel", "mpim", "im")
_READ = {
    "public_channel": "channels:read",
    "private_channel": "groups:read",
    "mpim": "mpim:read",
    "im": "im:read",
}


def list_channels(call: Call) -> Json:
    kinds = [kind.strip() for kind in (call.args.text("types") or "public_channel").split(",")]
    for kind in kinds:
        if kind not in _KINDS:
            raise ApiError("invalid_types")
        call.needs(_READ[kind])
    channels = [
        channel
        for channel in call.state.workspace.channels.values()
        if kind_of(channel) in kinds
        and channel.may_be_seen_by(BOT_USER)
        and not (channel.is_archived and call.args.flag("exclude_archived"))
    ]
    page, more = page_of(call, [channel_object(channel) for channel in channels], 100)
    return {"channels": page, **more}


def info(call: Call) -> Json:
    channel = known_channel(call)
    call.needs(_READ[kind_of(channel)])
    written = channel_object(channel)
    if not call.args.flag("include_num_members"):
        written.pop("num_members", None)
    return {"channel": written}


def members(call: Call) -> Json:
    channel = known_channel(call)
    call.needs(_READ[kind_of(channel)])
    page, more = page_of(call, sorted(channel.members), 100)
    return {"members": page, **more}


def open_direct_messages(call: Call) -> Json:
    users = [user.strip() for user in (call.args.text("users") or "").split(",") if user.strip()]
    if len(users) != 1:
        raise invalid_arguments("this sandbox opens conversations with one person: users")
    if users[0] not in PEOPLE:
        raise ApiError("user_not_found")
    channel = call.state.workspace.direct_messages_with(users[0])
    return {"channel": channel_object(channel) if call.args.flag("return_im") else {"id": channel.id}}


def join(call: Call) -> Json:
    channel = known_channel(call)
    if channel.is_private:
        raise ApiError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise ApiError("is_archived")
    if BOT_USER in channel.members:
        return {
            "channel": channel_object(channel),
            "warning": "already_in_channel",
            "response_metadata": {"warnings": ["already_in_channel"]},
        }
    set_member(call.state, BOT_USER, channel, present=True)
    return {"channel": channel_object(channel)}


def history(call: Call) -> Json:
    channel = _readable(call)
    within = _between(call, call.state.messages.in_channel(channel.id))
    return _messages(call, within[::-1])


def replies(call: Call) -> Json:
    channel = _readable(call)
    thread = call.state.messages.in_thread(channel.id, call.args.required("ts"))
    if not thread:
        raise ApiError("thread_not_found")
    return _messages(call, [thread[0], *_between(call, thread[1:])])


def kind_of(channel: Channel) -> str:
    if channel.direct_to is not None:
        return "im"
    return "private_channel" if channel.is_private else "public_channel"


def page_of(call: Call, items: Sequence[Any], default: int) -> tuple[list[Any], Json]:
    """One page, and where the next begins: the cursor is a position, opaque to the caller."""
    cursor = call.args.text("cursor") or "0"
    if not cursor.isdigit():
        raise ApiError("invalid_cursor")
    start, size = int(cursor), call.args.number("limit", default, 1000)
    following = start + size
    next_cursor = str(following) if following < len(items) else ""
    return list(items[start:following]), {"response_metadata": {"next_cursor": next_cursor}}


def _readable(call: Call) -> Channel:
    channel = channel_of_member(call)
    call.needs(_READ[kind_of(channel)].replace(":read", ":history"))
    return channel


def _between(call: Call, messages: list[Message]) -> list[Message]:
    oldest, latest = call.args.text("oldest") or "0", call.args.text("latest")
    inclusive = call.args.flag("inclusive")

    def is_within(ts: str) -> bool:
        if inclusive and ts in (oldest, latest):
            return True
        return float(ts) > float(oldest) and (not latest or float(ts) < float(latest))

    try:
        return [message for message in messages if is_within(message.ts)]
    except ValueError:
        raise invalid_arguments("oldest and latest must be timestamps") from None


def _messages(call: Call, messages: list[Message]) -> Json:
    bot_name = call.state.installation.manifest.bot_name
    written = [
        as_slack_writes(message, bot_name) | call.state.messages.thread_summary(message)
        for message in messages
    ]
    page, more = page_of(call, written, 100)
    return {"messages": page, "has_more": bool(more["response_metadata"]["next_cursor"]), **more}
