"""users.*, usergroups.*, bots.* and team.*: who is there."""

from __future__ import annotations

from typing import Any

from sandbox.slack.store.message import bot_profile
from sandbox.slack.team.workspace import BOT_ID, BOT_USER, TEAM_DOMAIN, TEAM_ID, TEAM_NAME
from sandbox.slack.webapi.errors import ApiError
from sandbox.slack.webapi.method import Call
from sandbox.slack.webapi.methods.conversations import page_of
from sandbox.slack.webapi.objects import group_object, user_object

Json = dict[str, Any]


def user_info(call: Call) -> Json:
    user = call.state.workspace.users.get(call.args.required("user"))
    if user is None:
        raise ApiError("user_not_found")
    return {"user": user_object(user, call.scopes)}


def users_list(call: Call) -> Json:
    users = [user_object(user, call.scopes) for user in call.state.workspace.users.values()]
    page, more = page_of(call, users, 1000)
    return {"members": page, "cache_ts": int(float(call.state.ids.timestamp())), **more}


def lookup_by_email(call: Call) -> Json:
    email = call.args.required("email")
    for user in call.state.workspace.users.values():
        if user.email == email:
            return {"user": user_object(user, call.scopes)}
    raise ApiError("users_not_found")


def usergroups_list(call: Call) -> Json:
    with_users = call.args.flag("include_users")
    groups = call.state.workspace.groups.values()
    return {"usergroups": [group_object(group, with_users=with_users) for group in groups]}


def usergroup_users(call: Call) -> Json:
    group = call.state.workspace.groups.get(call.args.required("usergroup"))
    if group is None:
        raise ApiError("no_such_subteam")
    return {"users": list(group.members)}


def bot_info(call: Call) -> Json:
    bot = call.args.text("bot") or BOT_ID
    if bot != BOT_ID:
        raise ApiError("bot_not_found")
    return {"bot": bot_profile(call.state.installation.manifest.bot_name) | {"user_id": BOT_USER}}


def team_info(call: Call) -> Json:
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
