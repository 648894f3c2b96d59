"""Which conversation or message a call means, and whether the bot may reach it."""

from __future__ import annotations

from sandbox.slack.store.message import Message
from sandbox.slack.team.workspace import BOT_USER, PEOPLE, Channel
from sandbox.slack.webapi.errors import ApiError
from sandbox.slack.webapi.method import Call


def known_channel(call: Call, name: str = "channel") -> Channel:
    """A conversation the bot knows of. A private one it is not in does not exist for it.

    Raises:
        ApiError: channel_not_found
    """
    channel = call.state.workspace.channel(call.args.required(name))
    if channel is None or not channel.may_be_seen_by(BOT_USER):
        raise ApiError("channel_not_found")
    return channel


def channel_to_post_in(call: Call) -> Channel:
    """Where chat.postMessage writes: a channel by id or name, or a person's direct messages.

    Raises:
        ApiError: channel_not_found, is_archived, not_in_channel, messages_tab_disabled
    """
    named = call.args.required("channel")
    channel = call.state.workspace.direct_messages_with(named) if named in PEOPLE else known_channel(call)
    if channel.direct_to is not None and not call.state.installation.manifest.messages_tab:
        raise ApiError("messages_tab_disabled")
    if channel.is_archived:
        raise ApiError("is_archived")
    if BOT_USER not in channel.members and "chat:write.public" not in call.scopes:
        raise ApiError("not_in_channel")
    return channel


def channel_of_member(call: Call) -> Channel:
    """A conversation that the bot takes part in.

    Raises:
        ApiError: channel_not_found, is_archived, not_in_channel
    """
    channel = known_channel(call)
    if channel.is_archived:
        raise ApiError("is_archived")
    if BOT_USER not in channel.members:
        raise ApiError("not_in_channel")
    return channel


def thread_to_post_in(call: Call, channel: Channel) -> str | None:
    """The root's timestamp; a reply's own is taken for its root.

    A timestamp of no message is taken too, and the reply then stands in a thread that nobody finds
    (python-slack-sdk #840).

    Raises:
        ApiError: cannot_reply_to_message
    """
    given = call.args.text("thread_ts")
    if not given:
        return None
    message = call.state.messages.find(channel.id, given)
    if message is None:
        return given
    if message.subtype in ("channel_join", "channel_leave"):
        raise ApiError("cannot_reply_to_message")
    return message.thread_ts or message.ts


def message_in(call: Call, channel: Channel, name: str = "ts") -> Message:
    """Raises ApiError: message_not_found; an ephemeral message is never found."""
    message = call.state.messages.find(channel.id, call.args.required(name))
    if message is None or message.subtype == "tombstone":
        raise ApiError("message_not_found")
    return message
