"""reactions.*: emoji on a message."""

from __future__ import annotations

from typing import Any

from sandbox.slack.api_errors import ApiError
from sandbox.slack.team.workspace import BOT_USER
from sandbox.slack.webapi.api_method import ApiCall
from sandbox.slack.webapi.call_targets import get_message, get_visible_channel


def add_reaction(call: ApiCall) -> dict[str, Any]:
    name, users = _get_reaction(call)
    if BOT_USER in users:
        raise ApiError("already_reacted")
    message = get_message(call, get_visible_channel(call), "timestamp")
    message.reactions[name] = [*users, BOT_USER]
    call.state.message_writer.record_change(message)
    return {}


def remove_reaction(call: ApiCall) -> dict[str, Any]:
    name, users = _get_reaction(call)
    if BOT_USER not in users:
        raise ApiError("no_reaction")
    message = get_message(call, get_visible_channel(call), "timestamp")
    left = [user for user in users if user != BOT_USER]
    if left:
        message.reactions[name] = left
    else:
        del message.reactions[name]
    call.state.message_writer.record_change(message)
    return {}


def _get_reaction(call: ApiCall) -> tuple[str, list[str]]:
    name = call.args.required("name").strip(":")
    if not name.replace("_", "").replace("-", "").replace("+", "").replace(":", "").isalnum():
        raise ApiError("invalid_name")
    message = get_message(call, get_visible_channel(call), "timestamp")
    return name, message.reactions.get(name, [])
