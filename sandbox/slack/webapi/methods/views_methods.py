"""views.*: modals and Home tabs."""

from __future__ import annotations

from typing import Any

from sandbox.slack.api_errors import ApiError, invalid_arguments
from sandbox.slack.app_content.view_content import checked_view
from sandbox.slack.store.open_views import MAX_STACK_DEPTH, OpenView
from sandbox.slack.team.workspace import PEOPLE
from sandbox.slack.user_actions.view_stack import new_view, push_on_stack, replace_view_content
from sandbox.slack.webapi.api_method import ApiCall

Json = dict[str, Any]


def open_view(call: ApiCall) -> Json:
    content = _checked_view(call, "modal")
    user = call.state.trigger_ids.exchange(call.args.required("trigger_id"))
    stack = call.state.views.stack(user)
    stack.clear()
    return _view_response(push_on_stack(call.state, user, content))


def push_view(call: ApiCall) -> Json:
    content = _checked_view(call, "modal")
    user = call.state.trigger_ids.exchange(call.args.required("trigger_id"))
    stack = call.state.views.stack(user)
    if not stack:
        raise ApiError("not_found")
    if len(stack) >= MAX_STACK_DEPTH:
        raise ApiError("push_limit_reached")
    return _view_response(push_on_stack(call.state, user, content))


def update_view(call: ApiCall) -> Json:
    content = _checked_view(call, None)
    view = _get_view(call)
    if content["type"] != view.kind:
        raise invalid_arguments("the type of a view cannot change [json-pointer:/view/type]")
    _check_hash(call, view)
    replace_view_content(call.state, view, content)
    return _view_response(view)


def publish_home(call: ApiCall) -> Json:
    content = _checked_view(call, "home")
    user = call.args.required("user_id")
    if user not in PEOPLE:
        raise ApiError("user_not_found")
    if not call.state.installation.manifest.home_tab:
        raise ApiError("not_enabled")
    home = call.state.views.homes.get(user)
    if home is None:
        home = new_view(call.state, user, content, previous=None)
        call.state.views.homes[user] = home
    else:
        _check_hash(call, home)
        replace_view_content(call.state, home, content)
    call.state.change_log.record("home", {user})
    return _view_response(home)


def _checked_view(call: ApiCall, kind: str | None) -> Json:
    content = checked_view(call.args.json_value("view", "invalid_json"), kind)
    external_id = content.get("external_id")
    other = call.state.views.find_external(external_id) if external_id else None
    if other is not None and kind == "modal":
        raise ApiError("duplicate_external_id")
    return content


def _get_view(call: ApiCall) -> OpenView:
    view_id, external_id = call.args.text("view_id"), call.args.text("external_id")
    if not view_id and not external_id:
        raise invalid_arguments("missing required field: view_id or external_id")
    if view_id and external_id:  # slack-go/slack #667
        raise invalid_arguments("Cannot provide both `view_id` and `external_id`")
    views = call.state.views
    view = views.find(view_id) if view_id else views.find_external(external_id or "")
    if view is None:
        raise ApiError("not_found")
    return view


def _check_hash(call: ApiCall, view: OpenView) -> None:
    known = call.args.text("hash")
    if known and known != view.hash:
        raise ApiError("hash_conflict")


def _view_response(view: OpenView) -> Json:
    return {"view": view.to_api_json()}
