"""POST /sandbox/...: the actions of a person."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.slack.api_errors import ActionRefused
from sandbox.slack.control.request_fields import (
    find_channel,
    find_open_view,
    find_person,
    find_visible_channel,
    find_visible_message,
    read_body,
    required_text,
)
from sandbox.slack.control.screen_json import message_json
from sandbox.slack.user_actions import click_elements, modals, shortcuts
from sandbox.slack.user_actions.external_selects import load_options
from sandbox.slack.user_actions.membership import require_member, set_member
from sandbox.slack.user_actions.open_home import open_home
from sandbox.slack.user_actions.send_message import send_message
from sandbox.slack.user_actions.slash_commands import run_command
from sandbox.slack.workspace_state import WorkspaceState

Json = dict[str, Any]


async def post_text(request: Request) -> Response:
    state: WorkspaceState = request.app.state.slack
    body = await read_body(request)
    user = find_person(state, body.get("user"))
    channel = find_visible_channel(state, user, body.get("channel"))
    typed = required_text(body, "text").strip()
    thread_ts = body.get("thread_ts") or None
    require_member(channel, user)
    if typed.startswith("/"):
        shown = await run_command(state, user, channel, typed, thread_ts)
        return _ok_response(kind="command", replies=[message_json(state, message) for message in shown])
    broadcast = bool(body.get("broadcast", False))
    message, shown = await send_message(state, user, channel, typed, thread_ts, broadcast=broadcast)
    replies = [message_json(state, reply) for reply in shown]
    return _ok_response(kind="message", ts=message.ts, replies=replies)


async def post_click(request: Request) -> Response:
    state: WorkspaceState = request.app.state.slack
    body = await read_body(request)
    user = find_person(state, body.get("user"))
    click_details = click_elements.UserClick(
        user=user,
        action_id=required_text(body, "action_id"),
        block_id=body.get("block_id"),
        given=body,
        confirmed=bool(body.get("confirm", False)),
    )
    if body.get("view_id"):
        outcome = await click_elements.click_in_view(
            state, find_open_view(state, user, body["view_id"]), click_details
        )
    else:
        channel = find_visible_channel(state, user, body.get("channel"))
        message = find_visible_message(state, user, channel, body.get("ts"))
        outcome = await click_elements.click_on_message(state, channel, message, click_details)
    return _outcome_response(state, outcome)


async def post_shortcut(request: Request) -> Response:
    state: WorkspaceState = request.app.state.slack
    body = await read_body(request)
    user, callback_id = find_person(state, body.get("user")), required_text(body, "callback_id")
    if not body.get("ts"):
        return _outcome_response(state, await shortcuts.run_global_shortcut(state, user, callback_id))
    channel = find_visible_channel(state, user, body.get("channel"))
    message = find_visible_message(state, user, channel, body["ts"])
    return _outcome_response(
        state, await shortcuts.run_message_shortcut(state, user, callback_id, channel, message)
    )


async def post_home(request: Request) -> Response:
    state: WorkspaceState = request.app.state.slack
    body = await read_body(request)
    shown = await open_home(state, find_person(state, body.get("user")))
    return _ok_response(view=shown.to_api_json() if shown is not None else None)


async def post_submit(request: Request) -> Response:
    state: WorkspaceState = request.app.state.slack
    body = await read_body(request)
    user = find_person(state, body.get("user"))
    view = find_open_view(state, user, body.get("view_id"))
    values = body.get("values") or {}
    if not isinstance(values, dict):
        raise ActionRefused(
            "invalid_values", "values must be an object with the inputs by block_id and action_id."
        )
    outcome = await modals.submit_modal(state, user, view, values)
    return _ok_response(**outcome, views=_stack_json(state, user.id))


async def post_close(request: Request) -> Response:
    state: WorkspaceState = request.app.state.slack
    body = await read_body(request)
    user = find_person(state, body.get("user"))
    view = find_open_view(state, user, body.get("view_id"))
    outcome = await modals.close_modal(state, user, view, everything=bool(body.get("all", False)))
    return _ok_response(**outcome, views=_stack_json(state, user.id))


async def post_options(request: Request) -> Response:
    state: WorkspaceState = request.app.state.slack
    body = await read_body(request)
    user, action_id = find_person(state, body.get("user")), required_text(body, "action_id")
    typed = str(body.get("value") or "")
    if body.get("view_id"):
        view = find_open_view(state, user, body["view_id"])
        return _ok_response(
            **await load_options(state, user, view, None, action_id, typed, body.get("block_id"))
        )
    channel = find_visible_channel(state, user, body.get("channel"))
    message = find_visible_message(state, user, channel, body.get("ts"))
    return _ok_response(
        **await load_options(state, user, message, channel, action_id, typed, body.get("block_id"))
    )


async def post_member(request: Request) -> Response:
    state: WorkspaceState = request.app.state.slack
    body = await read_body(request)
    user, channel = (
        state.workspace.find_user(required_text(body, "user")),
        find_channel(state, required_text(body, "channel")),
    )
    if user is None:
        raise ActionRefused("user_not_found", f"There is no user {body['user']!r}.", status=404)
    changed = set_member(state, user.id, channel, present=bool(body.get("present", True)))
    return _ok_response(changed=changed is not None)


async def post_archive(request: Request) -> Response:
    state: WorkspaceState = request.app.state.slack
    body = await read_body(request)
    channel = find_channel(state, required_text(body, "channel"))
    channel.is_archived = bool(body.get("archived", True))
    state.change_log.record("members", channel.members if channel.is_private else None, channel=channel.id)
    return _ok_response(archived=channel.is_archived)


def _stack_json(state: WorkspaceState, user: str) -> list[Json]:
    return [view.to_api_json() for view in state.views.stack(user)]


def _outcome_response(state: WorkspaceState, outcome: Json) -> Response:
    replies = [message_json(state, message) for message in outcome["replies"]]
    return _ok_response(ack=outcome["ack"], replies=replies)


def _ok_response(**content: Any) -> Response:
    return JSONResponse({"ok": True, **content})
