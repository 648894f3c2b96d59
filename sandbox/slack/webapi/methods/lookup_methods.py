"""conversations.info, users.info, bots.info and usergroups.users.list: what the bot can look up."""

from __future__ import annotations

from typing import Any

from sandbox.slack.api_errors import ApiError
from sandbox.slack.team.workspace import APP_ID, BOT_ID, BOT_USER, CREATED_AT
from sandbox.slack.webapi.api_method import ApiCall
from sandbox.slack.webapi.api_objects import channel_json, user_json
from sandbox.slack.webapi.call_targets import get_visible_channel

Json = dict[str, Any]

_READ_SCOPES = {
    "channel": "channels:read",
    "group": "groups:read",
    "im": "im:read",
    "mpim": "mpim:read",
}


def channel_info(call: ApiCall) -> Json:
    channel = get_visible_channel(call)
    call.require_scope(_READ_SCOPES[channel.kind])
    result = channel_json(channel)
    if not call.args.boolean("include_num_members"):
        result.pop("num_members", None)
    return {"channel": result}


def user_info(call: ApiCall) -> Json:
    user = call.state.workspace.users.get(call.args.required("user"))
    if user is None:
        raise ApiError("user_not_found")
    return {"user": user_json(user, call.scopes)}


def bot_info(call: ApiCall) -> Json:
    if call.args.required("bot") != BOT_ID:
        raise ApiError("bot_not_found")
    manifest = call.state.installation.manifest
    return {
        "bot": {
            "id": BOT_ID,
            "app_id": APP_ID,
            "user_id": BOT_USER,
            "name": manifest.name,
            "deleted": False,
            "updated": CREATED_AT,
            "icons": {},
        }
    }


def user_group_members(call: ApiCall) -> Json:
    group = call.state.workspace.groups.get(call.args.required("usergroup"))
    if group is None:
        raise ApiError("no_such_subteam")
    return {"users": list(group.members)}
