"""A person types a message and sends it."""

from __future__ import annotations

import asyncio

from sandbox.slack.api_errors import ActionRefused
from sandbox.slack.store.messages import SlackMessage
from sandbox.slack.team.workspace import BOT_USER, SlackChannel, SlackUser
from sandbox.slack.to_app.message_events import events_for_message
from sandbox.slack.user_actions.membership import require_member
from sandbox.slack.user_actions.typed_text import to_message_text
from sandbox.slack.workspace_state import WorkspaceState


async def send_message(
    state: WorkspaceState,
    user: SlackUser,
    channel: SlackChannel,
    typed: str,
    thread_ts: str | None,
    *,
    broadcast: bool,
) -> tuple[SlackMessage, list[SlackMessage]]:
    """Sends a message and waits until the app has acknowledged its events, or its time is over.

    Returns the message, and Slackbot's answers to the person.

    Raises:
        ActionRefused: not a member, nothing typed, or no such thread
    """
    require_member(channel, user)
    if not typed.strip():
        raise ActionRefused("no_text", "There is nothing to send.")
    if thread_ts is not None and state.messages.find(channel.id, thread_ts) is None:
        raise ActionRefused("thread_not_found", f"No message {thread_ts} in #{channel.name}.", status=404)
    message = state.message_writer.add(
        channel.id,
        user.id,
        to_message_text(typed.strip(), state.workspace),
        thread_ts=thread_ts,
        subtype="thread_broadcast" if thread_ts is not None and broadcast else None,
    )
    mentioned = f"<@{BOT_USER}>" in message.text
    if BOT_USER in channel.members:
        await asyncio.gather(
            *(state.events_api.send(**event) for event in events_for_message(message, channel))
        )
        return message, []
    if not mentioned:
        return message, []
    bot_name = state.installation.manifest.bot_name
    advice = (
        f"<@{BOT_USER}> is not in this channel and does not see your message. "
        f"Invite it with `/invite @{bot_name}`."
    )
    return message, [state.message_writer.write_ephemeral(user.id, channel.id, advice, thread_ts)]
