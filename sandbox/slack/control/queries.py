"""GET /sandbox/...: what a person sees, and waiting for changes."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.slack.api_errors import ActionRefused
from sandbox.slack.control.request_fields import find_person, find_visible_channel, read_seconds
from sandbox.slack.control.screen_json import channel_messages, message_json, thread_messages, workspace_json
from sandbox.slack.workspace_state import WorkspaceState

_LONGEST_WAIT = 60.0


async def get_health(request: Request) -> Response:
    state: WorkspaceState = request.app.state.slack
    mode = "socket" if state.installation.manifest.socket_mode else "http"
    return JSONResponse({"ok": True, "mode": mode, "connections": state.socket_mode.connection_count})


async def get_workspace(request: Request) -> Response:
    state: WorkspaceState = request.app.state.slack
    return JSONResponse(workspace_json(state, find_person(state, request.query_params.get("as"))))


async def get_messages(request: Request) -> Response:
    state: WorkspaceState = request.app.state.slack
    query = request.query_params
    user = find_person(state, query.get("as"))
    channel = find_visible_channel(state, user, query.get("channel"))
    root = query.get("thread_ts")
    shown = thread_messages(state, user, channel, root) if root else channel_messages(state, user, channel)
    return JSONResponse({"messages": [message_json(state, message) for message in shown]})


async def get_views(request: Request) -> Response:
    state: WorkspaceState = request.app.state.slack
    user = find_person(state, request.query_params.get("as"))
    return JSONResponse({"views": [view.to_api_json() for view in state.views.stack(user.id)]})


async def get_home(request: Request) -> Response:
    state: WorkspaceState = request.app.state.slack
    user = find_person(state, request.query_params.get("as"))
    shown = state.views.homes.get(user.id)
    return JSONResponse({"view": shown.to_api_json() if shown is not None else None})


async def get_or_clear_calls(request: Request) -> Response:
    state: WorkspaceState = request.app.state.slack
    if request.method == "DELETE":
        state.call_log.clear()
    return JSONResponse({"calls": state.call_log.all()})


async def get_issued(request: Request) -> Response:
    """What the app was given that opens something: for tests of where it gets to."""
    state: WorkspaceState = request.app.state.slack
    return JSONResponse(
        {"response_urls": state.response_urls.addresses(), "trigger_ids": state.trigger_ids.issued()}
    )


async def wait_for_changes(request: Request) -> Response:
    """Without `as` all changes count; without `since` only those from now on."""
    state: WorkspaceState = request.app.state.slack
    query = request.query_params
    user = find_person(state, query["as"]).id if "as" in query else None
    since = query.get("since", str(state.change_log.latest))
    if not since.isdigit():
        raise ActionRefused("invalid_number", f"since={since!r} is not the number of a change.")
    timeout = read_seconds(query.get("timeout"), 10.0, _LONGEST_WAIT)
    changes = await state.change_log.wait(int(since), user, timeout)
    latest = changes[-1].seq if changes else max(int(since), 0)
    return JSONResponse({"seq": latest, "changes": [change.as_json() for change in changes]})
