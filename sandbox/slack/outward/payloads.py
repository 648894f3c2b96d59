"""The parts that payloads to the app share."""

from __future__ import annotations

import time
from typing import Any

from sandbox.slack.state import State
from sandbox.slack.store.message import Message, as_slack_writes
from sandbox.slack.team.manifest import SlashCommand
from sandbox.slack.team.workspace import APP_ID, TEAM_DOMAIN, TEAM_ID, Channel, User

Json = dict[str, Any]


def slash_command(
    state: State, command: SlashCommand, text: str, user: User, channel: Channel, response_url: str
) -> Json:
    """A command's payload; everything in it is text, as it travels as a form."""
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
        "trigger_id": state.triggers.issue(user.id),
    }


def interaction(state: State, kind: str, user: User) -> Json:
    """What every interaction begins with."""
    return {
        "type": kind,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": TEAM_ID},
        "api_app_id": APP_ID,
        "token": state.installation.verification_token,
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def channel_part(channel: Channel) -> Json:
    return {"id": channel.id, "name": channel.name_in_payloads}


def message_part(state: State, message: Message) -> Json:
    written = as_slack_writes(message, state.installation.manifest.bot_name)
    return written | state.messages.thread_summary(message)


def message_container(message: Message) -> Json:
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": message.ephemeral_to is not None,
    }
    if message.thread_ts is not None:
        container["thread_ts"] = message.thread_ts
    return container


def action_timestamp() -> str:
    return f"{time.time():.6f}"
