"""Typing a message and sending it."""

from __future__ import annotations

import asyncio

from sandbox.slack.outward.message_events import news_of
from sandbox.slack.people.composer import as_sent
from sandbox.slack.people.membership import member_or_refused
from sandbox.slack.people.refused import Refused
from sandbox.slack.state import State
from sandbox.slack.store.message import Message
from sandbox.slack.team.workspace import BOT_USER, Channel, User


async def send_message(
    state: State, user: User, channel: Channel, typed: str, thread_ts: str | None, *, broadcast: bool
) -> tuple[Message, list[Message]]:
    """Sends a message and waits until the app took it, or had its first chance.

    Returns the message, and what Slackbot told the person about it.

    Raises:
        Refused: not a member, nothing typed, or no such thread
    """
    member_or_refused(channel, user)
    if not typed.strip():
        raise Refused("no_text", "There is nothing to send.")
    if thread_ts is not None and state.messages.find(channel.id, thread_ts) is None:
        raise Refused("thread_not_found", f"No message {thread_ts} in #{channel.name}.", status=404)
    message = state.board.write(
        channel.id,
        user.id,
        as_sent(typed.strip(), state.workspace),
        thread_ts=thread_ts,
        subtype="thread_broadcast" if thread_ts is not None and broadcast else None,
    )
    mentioned = f"<@{BOT_USER}>" in message.text
    if BOT_USER in channel.members:
        await asyncio.gather(*(state.events.send(**told) for told in news_of(message, channel)))
        return message, []
    if not mentioned:
        return message, []
    bot_name = state.installation.manifest.bot_name
    advice = f"<@{BOT_USER}> is not in this channel and was not told. Let it in with `/invite @{bot_name}`."
    return message, [state.board.tell(user.id, channel.id, advice, thread_ts)]
