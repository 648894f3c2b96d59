"""What a person sees, as JSON for the page and the tests."""

from __future__ import annotations

from typing import Any

from sandbox.slack.store.messages import SlackMessage
from sandbox.slack.team.workspace import (
    BOT_ID,
    BOT_USER,
    TEAM_DOMAIN,
    TEAM_ID,
    TEAM_NAME,
    SlackChannel,
    SlackUser,
)
from sandbox.slack.workspace_state import WorkspaceState

Json = dict[str, Any]


def message_json(state: WorkspaceState, message: SlackMessage) -> Json:
    author = state.workspace.users[message.user]
    summary = state.messages.thread_summary(message)
    shown: Json = {
        "channel": message.channel,
        "ts": message.ts,
        "user": message.user,
        "username": author.real_name if author.is_bot else author.name,
        "text": message.text,
        "ephemeral": message.ephemeral_to is not None,
        "reply_count": summary.get("reply_count", 0),
        "reply_users": summary.get("reply_users", []),
        "latest_reply": summary.get("latest_reply"),
        "permalink": state.permalink(message),
    }
    optional: Json = {
        "thread_ts": message.thread_ts,
        "blocks": message.blocks,
        "subtype": message.subtype,
        "bot_id": BOT_ID if message.by_app else None,
        "edited": {"ts": message.edited_ts} if message.edited_ts is not None else None,
    }
    return shown | {name: value for name, value in optional.items() if value is not None}


def channel_messages(state: WorkspaceState, user: SlackUser, channel: SlackChannel) -> list[SlackMessage]:
    """Root messages, broadcast replies and this person's ephemeral messages, oldest first."""
    own = state.messages.ephemeral_for(user.id, channel.id, None)
    return sorted([*state.messages.in_channel(channel.id), *own], key=lambda message: message.ts)


def thread_messages(
    state: WorkspaceState, user: SlackUser, channel: SlackChannel, root: str
) -> list[SlackMessage]:
    """The root message, then the replies and this person's ephemeral messages in order."""
    thread = state.messages.in_thread(channel.id, root)
    own = state.messages.ephemeral_for(user.id, channel.id, root)
    return [*thread[:1], *sorted([*thread[1:], *own], key=lambda message: message.ts)]


def workspace_json(state: WorkspaceState, user: SlackUser) -> Json:
    manifest = state.installation.manifest
    channels = state.workspace.channels.values()
    return {
        "team": {"id": TEAM_ID, "name": TEAM_NAME, "domain": TEAM_DOMAIN},
        "me": _user_json(user),
        "users": [_user_json(known) for known in state.workspace.users.values()],
        "channels": [
            _channel_json(user, channel)
            for channel in channels
            if channel.direct_to is None and channel.is_visible_to(user.id)
        ],
        "direct_messages": state.workspace.direct_messages_with(user.id).id,
        "usergroups": [
            {"id": group.id, "handle": group.handle, "name": group.name, "users": list(group.members)}
            for group in state.workspace.groups.values()
        ],
        "commands": [
            {"command": known.command, "description": known.description, "usage_hint": known.usage_hint}
            for known in manifest.commands
        ],
        "app": {"name": manifest.name, "bot_user_id": BOT_USER, "home_tab": manifest.home_tab},
        "shortcuts": [
            {
                "name": known.name,
                "callback_id": known.callback_id,
                "type": known.kind,
                "description": known.description,
            }
            for known in manifest.shortcuts
        ],
        "examples": [each._asdict() for each in state.examples],
    }


def _user_json(user: SlackUser) -> Json:
    return {"id": user.id, "name": user.name, "real_name": user.real_name, "is_bot": user.is_bot}


def _channel_json(user: SlackUser, channel: SlackChannel) -> Json:
    return {
        "id": channel.id,
        "name": channel.name,
        "is_private": channel.is_private,
        "is_archived": channel.is_archived,
        "is_member": user.id in channel.members,
        "bot_is_member": BOT_USER in channel.members,
    }
