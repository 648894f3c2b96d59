"""views.*: modals and Home tabs."""

from __future__ import annotations

from typing import Any

from sandbox.slack.people.view_stack import new_view, put_on_top, replace
from sandbox.slack.store.views import DEEPEST_STACK, View
from sandbox.slack.team.workspace import PEOPLE
from sandbox.slack.webapi.errors import ApiError, invalid_arguments
from sandbox.slack.webapi.method import Call
from sandbox.slack.webapi.view_content import checked_view

Json = dict[str, Any]


def open_view(call: Call) -> Json:
    content = _view(call, "modal")
    user = call.state.triggers.exchange(call.args.required("trigger_id"))
    stack = call.state.views.stack(user)
    stack.clear()
    return _answer(put_on_top(call.state, user, content))


def push(call: Call) -> Json:
    content = _view(call, "modal")
    user = call.state.triggers.exchange(call.args.required("trigger_id"))
    stack = call.state.views.stack(user)
    if not stack:
        raise ApiError("not_found")
    if len(stack) >= DEEPEST_STACK:
        raise ApiError("push_limit_reached")
    return _answer(put_on_top(call.state, user, content))


def update(call: Call) -> Json:
    content = _view(call, None)
    view = _named(call)
    if content["type"] != view.kind:
        raise invalid_arguments("the type of a view cannot change [json-pointer:/view/type]")
    _check_hash(call, view)
    replace(call.state, view, content)
    return _answer(view)


def publish(call: Call) -> Json:
    content = _view(call, "home")
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
        replace(call.state, home, content)
    call.state.changes.record("home", {user})
    return _answer(home)


def _view(call: Call, kind: str | None) -> Json:
    content = checked_view(call.args.structure("view", "invalid_json"), kind)
    external_id = content.get("external_id")
    other = call.state.views.find_external(external_id) if external_id else None
    if other is not None and kind == "modal":
        raise ApiError("duplicate_external_id")
    return content


def _named(call: Call) -> View:
    view_id, external_id = call.args.text("view_id"), call.args.text("external_id")
    if not view_id and not external_id:
        raise invalid_arguments("missing required field: view_id or external_id")
    views = call.state.views
    view = views.find(view_id) if view_id else views.find_external(external_id or "")
    if view is None:
        raise ApiError("not_found")
    return view


def _check_hash(call: Call, view: View) -> None:
    known = call.args.text("hash")
    if known and known != view.hash:
        raise ApiError("hash_conflict")


def _answer(view: View) -> Json:
    return {"view": view.as_slack_writes()}
