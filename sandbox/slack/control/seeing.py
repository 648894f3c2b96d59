"""GET /sandbox/...: what a person sees, and waiting for it to change."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.slack.control.reading import channel_seen_by, person, seconds
from sandbox.slack.control.screens import channel_view, message_json, thread_view, workspace_json
from sandbox.slack.people.refused import Refused
from sandbox.slack.state import State

_LONGEST_WAIT = 60.0


async def health(request: Request) -> Response:
    state: State = request.app.state.slack
    mode = "socket" if state.installation.manifest.socket_mode else "http"
    return JSONResponse({"ok": True, "mode": mode, "connections": state.socket.connections})


async def workspace(request: Request) -> Response:
    state: State = request.app.state.slack
    return JSONResponse(workspace_json(state, person(state, request.query_params.get("as"))))


async def messages(request: Request) -> Response:
    state: State = request.app.state.slack
    query = request.query_params
    user = person(state, query.get("as"))
    channel = channel_seen_by(state, user, query.get("channel"))
    root = query.get("thread_ts")
    shown = thread_view(state, user, channel, root) if root else channel_view(state, user, channel)
    return JSONResponse({"messages": [message_json(state, message) for message in shown]})


async def views(request: Request) -> Response:
    state: State = request.app.state.slack
    user = person(state, request.query_params.get("as"))
    return JSONResponse({"views": [view.as_slack_writes() for view in state.views.stack(user.id)]})


async def home(request: Request) -> Response:
    state: State = request.app.state.slack
    user = person(state, request.query_params.get("as"))
    shown = state.views.homes.get(user.id)
    return JSONResponse({"view": shown.as_slack_writes() if shown is not None else None})


async def calls(request: Request) -> Response:
    state: State = request.app.state.slack
    if request.method == "DELETE":
        state.calls.clear()
    return JSONResponse({"calls": state.calls.all()})


async def wait(request: Request) -> Response:
    """Without `as`, every change counts; without `since`, only those from now on."""
    state: State = request.app.state.slack
    query = request.query_params
    user = person(state, query["as"]).id if "as" in query else None
    since = query.get("since", str(state.changes.latest))
    if not since.isdigit():
        raise Refused("invalid_number", f"since={since!r} is no number of a change.")
    timeout = seconds(query.get("timeout"), 10.0, _LONGEST_WAIT)
    changes = await state.changes.wait(int(since), user, timeout)
    latest = changes[-1].seq if changes else max(int(since), 0)
    return JSONResponse({"seq": latest, "changes": [change.as_json() for change in changes]})
