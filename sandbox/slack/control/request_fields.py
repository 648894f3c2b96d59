"""Reads requests of the control API: who acts, in which channel, on which message or view."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request

from sandbox.slack.api_errors import ActionRefused
from sandbox.slack.store.messages import SlackMessage
from sandbox.slack.store.open_views import OpenView
from sandbox.slack.team.workspace import SlackChannel, SlackUser
from sandbox.slack.workspace_state import WorkspaceState

Json = dict[str, Any]


async def read_body(request: Request) -> Json:
    raw = await request.body()
    try:
        content = json.loads(raw or b"{}")
    except ValueError:
        raise ActionRefused("invalid_json", "The body is not JSON.") from None
    if not isinstance(content, dict):
        raise ActionRefused("invalid_json", "The body must be a JSON object.")
    return content


def required_text(body: Json, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise ActionRefused("missing", f"{name} is missing: a text is needed.")
    return value


def find_person(state: WorkspaceState, name_or_id: object) -> SlackUser:
    """Raises ActionRefused for somebody who is not in the workspace, and names those who are."""
    found = state.workspace.find_person(name_or_id) if isinstance(name_or_id, str) else None
    if found is None:
        names = ", ".join(user.name for user in state.workspace.people())
        raise ActionRefused(
            "user_not_found", f"There is no person {name_or_id!r}; there are {names}.", status=404
        )
    return found


def find_visible_channel(state: WorkspaceState, user: SlackUser, name_or_id: object) -> SlackChannel:
    """A channel by id or name, `@slipway` for the direct messages with the bot, or
    `mpdm-alice--bob--slipway-1` for those of several people."""
    if isinstance(name_or_id, str):
        if name_or_id in ("@" + state.installation.manifest.bot_name, "directmessage"):
            return state.workspace.direct_messages_with(user.id)
        found = state.workspace.find_channel(name_or_id) or state.workspace.group_messages(name_or_id)
        if found is not None and found.is_visible_to(user.id):
            return found
    raise ActionRefused("channel_not_found", f"{user.name} sees no channel {name_or_id!r}.", status=404)


def find_channel(state: WorkspaceState, name_or_id: str) -> SlackChannel:
    """A channel by id or name, even if nobody may see it."""
    found = state.workspace.find_channel(name_or_id)
    if found is None:
        raise ActionRefused("channel_not_found", f"There is no channel {name_or_id!r}.", status=404)
    return found


def find_visible_message(
    state: WorkspaceState, user: SlackUser, channel: SlackChannel, ts: object
) -> SlackMessage:
    found = state.messages.find_for(user.id, channel.id, ts) if isinstance(ts, str) else None
    if found is None:
        raise ActionRefused(
            "message_not_found", f"{user.name} sees no message {ts!r} in #{channel.name}.", status=404
        )
    return found


def find_open_view(state: WorkspaceState, user: SlackUser, view_id: object) -> OpenView:
    found = state.views.find(view_id) if isinstance(view_id, str) else None
    if found is None or found.user != user.id:
        raise ActionRefused("view_not_found", f"{user.name} has no view {view_id!r} open.", status=404)
    return found


def read_seconds(value: str | None, default: float, maximum: float) -> float:
    if value is None:
        return default
    try:
        return max(0.0, min(float(value), maximum))
    except ValueError:
        raise ActionRefused("invalid_number", f"{value!r} is not a number of seconds.") from None
