"""auth.test, api.test, apps.connections.open and apps.manifest.export."""

from __future__ import annotations

from typing import Any

from sandbox.slack.api_errors import ApiError
from sandbox.slack.team.workspace import APP_ID, BOT_ID, BOT_USER, TEAM_ID, TEAM_NAME
from sandbox.slack.webapi.api_method import ApiCall

Json = dict[str, Any]


def auth_test(call: ApiCall) -> Json:
    installation = call.state.installation
    if call.scopes == installation.app_token_scopes:
        return {"app_name": installation.manifest.name, "app_id": installation.app_of_app_token}
    return {
        "url": call.state.base_url,
        "team": TEAM_NAME,
        "user": installation.manifest.bot_name,
        "team_id": TEAM_ID,
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def api_test(call: ApiCall) -> Json:
    args = {name: value for name, value in call.args.values.items() if name != "token"}
    if error := call.args.text("error"):
        raise ApiError(error, args=args)
    return {"args": args}


def open_connection(call: ApiCall) -> Json:
    ticket = call.state.socket_mode.issue_ticket()
    host = call.state.base_url.split("://", 1)[1]
    return {"url": f"ws://{host}link/?ticket={ticket}&app_id={APP_ID}"}


def export_manifest(call: ApiCall) -> Json:
    if call.args.required("app_id") != APP_ID:
        raise ApiError("app_not_found")
    return {"manifest": call.state.installation.manifest.content}
