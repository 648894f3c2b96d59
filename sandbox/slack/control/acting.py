"""POST /sandbox/...: doing what a person does."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.slack.control.reading import (
    any_channel,
    body_of,
    channel_seen_by,
    message_seen_by,
    person,
    text,
    view_seen_by,
)
from sandbox.slack.control.screens import message_json
from sandbox.slack.people import clicks, modals, shortcuts
from sandbox.slack.people.commands import run_command
from sandbox.slack.people.home import open_home
from sandbox.slack.people.membership import member_or_refused, set_member
from sandbox.slack.people.options import load_options
from sandbox.slack.people.refused import Refused
from sandbox.slack.people.typing import send_message
from sandbox.slack.state import State

Json = dict[str, Any]


async def type_text(request: Request) -> Response:
    state: State = request.app.state.slack
    body = await body_of(request)
    user = person(state, body.get("user"))
    channel = channel_seen_by(state, user, body.get("channel"))
    typed = text(body, "text").strip()
    thread_ts = body.get("thread_ts") or None
    member_or_refused(channel, user)
    if typed.startswith("/"):
        shown = await run_command(state, user, channel, typed, thread_ts)
        return _ok(kind="command", replies=[message_json(state, message) for message in shown])
    broadcast = bool(body.get("broadcast", False))
    message, shown = await send_message(state, user, channel, typed, thread_ts, broadcast=broadcast)
    replies = [message_json(state, told) for told in shown]
    return _ok(kind="message", ts=message.ts, replies=replies)


async def click(request: Request) -> Response:
    state: State = request.app.state.slack
    body = await body_of(request)
    user = person(state, body.get("user"))
    pressed = clicks.Click(
        user=user,
        action_id=text(body, "action_id"),
        block_id=body.get("block_id"),
        given=body,
        confirmed=bool(body.get("confirm", False)),
    )
    if body.get("view_id"):
        outcome = await clicks.click_in_view(state, view_seen_by(state, user, body["view_id"]), pressed)
    else:
        channel = channel_seen_by(state, user, body.get("channel"))
        message = message_seen_by(state, user, channel, body.get("ts"))
        outcome = await clicks.click_on_message(state, channel, message, pressed)
    return _outcome(state, outcome)


async def shortcut(request: Request) -> Response:
    state: State = request.app.state.slack
    body = await body_of(request)
    user, callback_id = person(state, body.get("user")), text(body, "callback_id")
    if not body.get("ts"):
        return _outcome(state, await shortcuts.run_global(state, user, callback_id))
    channel = channel_seen_by(state, user, body.get("channel"))
    message = message_seen_by(state, user, channel, body["ts"])
    return _outcome(state, await shortcuts.run_on_message(state, user, callback_id, channel, message))


async def home(request: Request) -> Response:
    state: State = request.app.state.slack
    body = await body_of(request)
    shown = await open_home(state, person(state, body.get("user")))
    return _ok(view=shown.as_slack_writes() if shown is not None else None)


async def submit(request: Request) -> Response:
    state: State = request.app.state.slack
    body = await body_of(request)
    user = person(state, body.get("user"))
    view = view_seen_by(state, user, body.get("view_id"))
    values = body.get("values") or {}
    if not isinstance(values, dict):
        raise Refused("invalid_values", "values must be an object: block_id, action_id, what was entered.")
    outcome = await modals.submit(state, user, view, values)
    return _ok(**outcome, views=_stack(state, user.id))


async def close(request: Request) -> Response:
    state: State = request.app.state.slack
    body = await body_of(request)
    user = person(state, body.get("user"))
    view = view_seen_by(state, user, body.get("view_id"))
    outcome = await modals.close(state, user, view, everything=bool(body.get("all", False)))
    return _ok(**outcome, views=_stack(state, user.id))


async def options(request: Request) -> Response:
    state: State = request.app.state.slack
    body = await body_of(request)
    user, action_id = person(state, body.get("user")), text(body, "action_id")
    typed = str(body.get("value") or "")
    if body.get("view_id"):
        view = view_seen_by(state, user, body["view_id"])
        return _ok(**await load_options(state, user, view, None, action_id, typed, body.get("block_id")))
    channel = channel_seen_by(state, user, body.get("channel"))
    message = message_seen_by(state, user, channel, body.get("ts"))
    return _ok(**await load_options(state, user, message, channel, action_id, typed, body.get("block_id")))


async def member(request: Request) -> Response:
    state: State = request.app.state.slack
    body = await body_of(request)
    user, channel = state.workspace.user(text(body, "user")), any_channel(state, text(body, "channel"))
    if user is None:
        raise Refused("user_not_found", f"There is no user {body['user']!r}.", status=404)
    changed = set_member(state, user.id, channel, present=bool(body.get("present", True)))
    return _ok(changed=changed is not None)


async def archive(request: Request) -> Response:
    state: State = request.app.state.slack
    body = await body_of(request)
    channel = any_channel(state, text(body, "channel"))
    channel.is_archived = bool(body.get("archived", True))
    state.changes.record("members", channel.members if channel.is_private else None, channel=channel.id)
    return _ok(archived=channel.is_archived)


def _stack(state: State, user: str) -> list[Json]:
    return [view.as_slack_writes() for view in state.views.stack(user)]


def _outcome(state: State, outcome: Json) -> Response:
    replies = [message_json(state, message) for message in outcome["replies"]]
    return _ok(ack=outcome["ack"], replies=replies)


def _ok(**content: Any) -> Response:
    return JSONResponse({"ok": True, **content})
