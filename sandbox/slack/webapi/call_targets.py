"""Finds the conversation or message that a call names, and checks that the bot has access."""

from __future__ import annotations

from sandbox.slack.api_errors import ApiError
from sandbox.slack.store.messages import SlackMessage
from sandbox.slack.team.workspace import BOT_USER, PEOPLE, SlackChannel
from sandbox.slack.webapi.api_method import ApiCall


def get_visible_channel(call: ApiCall, name: str = "channel") -> SlackChannel:
    """A conversation that the bot sees. A private one that it is not in does not exist for it.

    Raises:
        ApiError: channel_not_found
    """
    channel = call.state.workspace.find_channel(call.args.required(name))
    if channel is None or not channel.is_visible_to(BOT_USER):
        raise ApiError("channel_not_found")
    return channel


def get_channel_to_post_in(call: ApiCall) -> SlackChannel:
    """The channel of chat.postMessage: a channel by id or name, or a person's direct messages.

    Raises:
        ApiError: channel_not_found, is_archived, not_in_channel, messages_tab_disabled
    """
    named = call.args.required("channel")
    channel = (
        call.state.workspace.direct_messages_with(named) if named in PEOPLE else get_visible_channel(call)
    )
    if channel.direct_to is not None and not call.state.installation.manifest.messages_tab:
        raise ApiError("messages_tab_disabled")
    if channel.is_archived:
        raise ApiError("is_archived")
    if BOT_USER not in channel.members and "chat:write.public" not in call.scopes:
        raise ApiError("not_in_channel")
    return channel


def get_joined_channel(call: ApiCall) -> SlackChannel:
    """A conversation that the bot is a member of.

    Raises:
        ApiError: channel_not_found, is_archived, not_in_channel
    """
    channel = get_visible_channel(call)
    if channel.is_archived:
        raise ApiError("is_archived")
    if BOT_USER not in channel.members:
        raise ApiError("not_in_channel")
    return channel


def get_thread_to_post_in(call: ApiCall, channel: SlackChannel) -> str | None:
    """The timestamp of the thread's root message. If a reply is given, it is that reply's root.

    A timestamp without a message is accepted too; the reply then is in a thread that nobody sees
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


def get_message(call: ApiCall, channel: SlackChannel, name: str = "ts") -> SlackMessage:
    """Raises ApiError: message_not_found, also for any ephemeral message."""
    message = call.state.messages.find(channel.id, call.args.required(name))
    if message is None or message.subtype == "tombstone":
        raise ApiError("message_not_found")
    return message
