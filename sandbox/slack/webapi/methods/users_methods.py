"""users.*, usergroups.*, bots.* and team.*: who is there."""

from __future__ import annotations

from typing import Any

from sandbox.slack.api_errors import ApiError
from sandbox.slack.store.messages import bot_profile_json
from sandbox.slack.team.workspace import BOT_ID, BOT_USER, TEAM_DOMAIN, TEAM_ID, TEAM_NAME
from sandbox.slack.webapi.api_method import ApiCall
from sandbox.slack.webapi.api_objects import user_group_json, user_json
from sandbox.slack.webapi.methods.conversations_methods import paginate

Json = dict[str, Any]


def user_info(call: ApiCall) -> Json:
    user = call.state.workspace.users.get(call.args.required("user"))
    if user is None:
        raise ApiError("user_not_found")
    return {"user": user_json(user, call.scopes)}


def users_list(call: ApiCall) -> Json:
    users = [user_json(user, call.scopes) for user in call.state.workspace.users.values()]
    page, more = paginate(call, users, 1000)
    return {"members": page, "cache_ts": int(float(call.state.ids.new_timestamp())), **more}


def lookup_by_email(call: ApiCall) -> Json:
    email = call.args.required("email")
    for user in call.state.workspace.users.values():
        if user.email == email:
            return {"user": user_json(user, call.scopes)}
    raise ApiError("users_not_found")


def usergroups_list(call: ApiCall) -> Json:
    with_users = call.args.boolean("include_users")
    groups = call.state.workspace.groups.values()
    return {"usergroups": [user_group_json(group, with_users=with_users) for group in groups]}


def usergroup_users(call: ApiCall) -> Json:
    group = call.state.workspace.groups.get(call.args.required("usergroup"))
    if group is None:
        raise ApiError("no_such_subteam")
    return {"users": list(group.members)}


def bot_info(call: ApiCall) -> Json:
    bot = call.args.text("bot") or BOT_ID
    if bot != BOT_ID:
        raise ApiError("bot_not_found")
    return {"bot": bot_profile_json(call.state.installation.manifest.bot_name) | {"user_id": BOT_USER}}


def team_info(call: ApiCall) -> Json:
    return {
        "team": {
            "id": TEAM_ID,
            "name": TEAM_NAME,
            "url": call.state.base_url,
            "domain": TEAM_DOMAIN,
            "email_domain": "slipway-demo.example",
            "icon": {"image_default": True},
        }
    }
