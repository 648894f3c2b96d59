"""conversations.info, users.info and usergroups.users.list: what the bot can look up."""

from __future__ import annotations

from typing import Any

from sandbox.slack.api_errors import ApiError
from sandbox.slack.team.workspace import SlackChannel
from sandbox.slack.webapi.api_method import ApiCall
from sandbox.slack.webapi.api_objects import channel_json, user_json
from sandbox.slack.webapi.call_targets import get_visible_channel

Json = dict[str, Any]


def channel_info(call: ApiCall) -> Json:
    channel = get_visible_channel(call)
    call.require_scope(_read_scope(channel))
    result = channel_json(channel)
    if not call.args.boolean("include_num_members"):
        result.pop("num_members", None)
    return {"channel": result}


def user_info(call: ApiCall) -> Json:
    user = call.state.workspace.users.get(call.args.required("user"))
    if user is None:
        raise ApiError("user_not_found")
    return {"user": user_json(user, call.scopes)}


def user_group_members(call: ApiCall) -> Json:
    group = call.state.workspace.groups.get(call.args.required("usergroup"))
    if group is None:
        raise ApiError("no_such_subteam")
    return {"users": list(group.members)}


def _read_scope(channel: SlackChannel) -> str:
    if channel.direct_to is not None:
        return "im:read"
    if channel.is_group_direct:
        return "mpim:read"
    return "groups:read" if channel.is_private else "channels:read"
