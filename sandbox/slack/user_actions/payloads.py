"""The payload of a slash command, and the parts that the other payloads share."""

from __future__ import annotations

import time
from typing import Any

from sandbox.slack.store.messages import SlackMessage, message_api_json
from sandbox.slack.team.app_manifest import SlashCommand
from sandbox.slack.team.workspace import APP_ID, TEAM_DOMAIN, TEAM_ID, SlackChannel, SlackUser
from sandbox.slack.workspace_state import WorkspaceState

Json = dict[str, Any]


def slash_command_payload(
    state: WorkspaceState,
    command: SlashCommand,
    text: str,
    user: SlackUser,
    channel: SlackChannel,
    response_url: str,
) -> Json:
    """The payload of a slash command. All values are text, since it is sent as a form."""
    return {
        "token": state.installation.verification_token,
        "team_id": TEAM_ID,
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": channel.name_in_payloads,
        "user_id": user.id,
        "user_name": user.name,
        "command": command.command,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": state.trigger_ids.issue(user.id),
    }


def interaction_payload(state: WorkspaceState, kind: str, user: SlackUser) -> Json:
    """The members that all interactions have."""
    return {
        "type": kind,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team},
        "api_app_id": APP_ID,
        "token": state.installation.verification_token,
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def channel_json(channel: SlackChannel) -> Json:
    return {"id": channel.id, "name": channel.name_in_payloads}


def message_json(state: WorkspaceState, message: SlackMessage) -> Json:
    message_object = message_api_json(message, state.installation.manifest.bot_name)
    return message_object | state.messages.thread_summary(message)


def message_container_json(message: SlackMessage) -> Json:
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": message.ephemeral_to is not None,
    }
    if message.thread_ts is not None:
        container["thread_ts"] = message.thread_ts
    return container


def new_action_timestamp() -> str:
    return f"{time.time():.6f}"
