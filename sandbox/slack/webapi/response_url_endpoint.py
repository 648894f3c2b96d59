"""The URLs in the response_url of payloads (at Slack: hooks.slack.com)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.slack.api_errors import ApiError
from sandbox.slack.app_content.call_arguments import CallArguments, read_arguments
from sandbox.slack.dropped_connection import drop_connection
from sandbox.slack.user_actions.app_answers import use_response_url
from sandbox.slack.webapi.endpoint import take_fault
from sandbox.slack.workspace_state import WorkspaceState

_METHOD_NAME = "response_url"


async def handle_response_url(request: Request) -> Response:
    """Handles one answer of the app."""
    state: WorkspaceState = request.app.state.slack
    path = request.url.path.lstrip("/")
    given: dict[str, Any] = {}
    try:
        given = (await read_arguments(request)).values
        payload = CallArguments(given).json_value("payload", "invalid_payload") or given
        fault = take_fault(state, _METHOD_NAME)
        use_response_url(state, path, payload)
    except ApiError as problem:
        # Errors of the content are HTTP 400 here; the Web API would answer 200.
        status = 400 if problem.status == 200 else problem.status
        state.call_log.record(_METHOD_NAME, given, status, problem.error)
        return JSONResponse(problem.as_json(), status, problem.headers)
    state.call_log.record(_METHOD_NAME, given, 200, None)
    if fault is not None and fault.kind == "drop-after":
        return drop_connection(request)
    return PlainTextResponse("ok")
