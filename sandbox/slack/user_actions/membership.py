"""People and the bot join and leave channels."""

from __future__ import annotations

from typing import Any

from sandbox.slack.api_errors import ActionRefused
from sandbox.slack.store.messages import SlackMessage
from sandbox.slack.team.workspace import TEAM_ID, SlackChannel, SlackUser
from sandbox.slack.workspace_state import WorkspaceState


def set_member(
    state: WorkspaceState, user: str, channel: SlackChannel, *, present: bool
) -> SlackMessage | None:
    """Adds or removes somebody. Returns Slack's message about it; None if nothing changes."""
    if (user in channel.members) == present:
        return None
    before = set(channel.members)
    if present:
        channel.members.add(user)
    else:
        channel.members.discard(user)
    audience = before | channel.members if channel.is_private else None
    state.change_log.record("members", audience, channel=channel.id)
    change = "joined" if present else "left"
    message = state.message_writer.add(
        channel.id,
        user,
        f"<@{user}> has {change} the channel",
        subtype="channel_join" if present else "channel_leave",
    )
    _send_member_event(state, user, channel, message, f"member_{change}_channel")
    return message


def run_builtin_command(
    state: WorkspaceState, user: SlackUser, channel: SlackChannel, command: str, text: str
) -> SlackMessage | None:
    """Runs /invite or /remove, which Slack itself handles."""
    name = text.strip().split()[0] if text.strip() else ""
    guest = state.workspace.find_user(name) if name else None
    if guest is None:
        return state.message_writer.write_ephemeral(
            user.id, channel.id, f"{command} needs a name, as in `{command} @slipway`."
        )
    message = set_member(state, guest.id, channel, present=command == "/invite")
    if message is not None:
        return None
    where = "is already in" if command == "/invite" else "is not in"
    return state.message_writer.write_ephemeral(
        user.id, channel.id, f"<@{guest.id}> {where} <#{channel.id}|{channel.name}>."
    )


def require_member(channel: SlackChannel, user: SlackUser) -> None:
    """Raises ActionRefused if this person cannot write in the channel."""
    if channel.is_archived:
        raise ActionRefused("is_archived", f"#{channel.name} is archived.", status=409)
    if user.id in channel.members:
        return
    if channel.is_private:
        raise ActionRefused("channel_not_found", f"{user.name} sees no channel of this name.", status=404)
    raise ActionRefused("not_in_channel", f"{user.name} is not in #{channel.name}.", status=409)


def _send_member_event(
    state: WorkspaceState, user: str, channel: SlackChannel, message: SlackMessage, kind: str
) -> None:
    event: dict[str, Any] = {
        "type": kind,
        "user": user,
        "channel": channel.id,
        "channel_type": "G" if channel.is_private else "C",
        "team": TEAM_ID,
        "event_ts": message.ts,
    }
    scope = "groups:read" if channel.is_private else "channels:read"
    state.events_api.send_in_background(event, subscription=kind, scope=scope)
