"""Reading requests of the control API: who acts, where, on what."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request

from sandbox.slack.people.refused import Refused
from sandbox.slack.state import State
from sandbox.slack.store.message import Message
from sandbox.slack.store.views import View
from sandbox.slack.team.workspace import Channel, User

Json = dict[str, Any]


async def body_of(request: Request) -> Json:
    raw = await request.body()
    try:
        content = json.loads(raw or b"{}")
    except ValueError:
        raise Refused("invalid_json", "The body is not JSON.") from None
    if not isinstance(content, dict):
        raise Refused("invalid_json", "The body must be a JSON object.")
    return content


def text(body: Json, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise Refused("missing", f"{name} is missing: a text is needed.")
    return value


def person(state: State, named: object) -> User:
    """Raises Refused for somebody who is not of this workspace, naming those who are."""
    found = state.workspace.person(named) if isinstance(named, str) else None
    if found is None:
        names = ", ".join(user.name for user in state.workspace.people())
        raise Refused("user_not_found", f"Nobody here is called {named!r}; there are {names}.", status=404)
    return found


def channel_seen_by(state: State, user: User, named: object) -> Channel:
    """A channel by id or name, or `@slipway` for the direct messages with the bot."""
    if isinstance(named, str):
        if named in ("@" + state.installation.manifest.bot_name, "directmessage"):
            return state.workspace.direct_messages_with(user.id)
        found = state.workspace.channel(named)
        if found is not None and found.may_be_seen_by(user.id):
            return found
    raise Refused("channel_not_found", f"{user.name} sees no channel {named!r}.", status=404)


def any_channel(state: State, named: str) -> Channel:
    """A channel by id or name, whoever may see it."""
    found = state.workspace.channel(named)
    if found is None:
        raise Refused("channel_not_found", f"There is no channel {named!r}.", status=404)
    return found


def message_seen_by(state: State, user: User, channel: Channel, ts: object) -> Message:
    found = state.messages.find_for(user.id, channel.id, ts) if isinstance(ts, str) else None
    if found is None:
        raise Refused(
            "message_not_found", f"{user.name} sees no message {ts!r} in #{channel.name}.", status=404
        )
    return found


def view_seen_by(state: State, user: User, view_id: object) -> View:
    found = state.views.find(view_id) if isinstance(view_id, str) else None
    if found is None or found.user != user.id:
        raise Refused("view_not_found", f"{user.name} has no view {view_id!r} open.", status=404)
    return found


def seconds(value: str | None, default: float, most: float) -> float:
    if value is None:
        return default
    try:
        return max(0.0, min(float(value), most))
    except ValueError:
        raise Refused("invalid_number", f"{value!r} is no number of seconds.") from None
