"""reactions.*: emoji on a message."""

from __future__ import annotations

from typing import Any

from sandbox.slack.team.workspace import BOT_USER
from sandbox.slack.webapi.errors import ApiError
from sandbox.slack.webapi.method import Call
from sandbox.slack.webapi.places import known_channel, message_in


def add(call: Call) -> dict[str, Any]:
    name, users = _reaction(call)
    if BOT_USER in users:
        raise ApiError("already_reacted")
    message = message_in(call, known_channel(call), "timestamp")
    message.reactions[name] = [*users, BOT_USER]
    call.state.board.changed(message)
    return {}


def remove(call: Call) -> dict[str, Any]:
    name, users = _reaction(call)
    if BOT_USER not in users:
        raise ApiError("no_reaction")
    message = message_in(call, known_channel(call), "timestamp")
    left = [user for user in users if user != BOT_USER]
    if left:
        message.reactions[name] = left
    else:
        del message.reactions[name]
    call.state.board.changed(message)
    return {}


def _reaction(call: Call) -> tuple[str, list[str]]:
    name = call.args.required("name").strip(":")
    if not name.replace("_", "").replace("-", "").replace("+", "").replace(":", "").isalnum():
        raise ApiError("invalid_name")
    message = message_in(call, known_channel(call), "timestamp")
    return name, message.reactions.get(name, [])
