"""The addresses that payloads carry as response_url (at Slack: hooks.slack.com)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.slack.connection_cut import cut_connection
from sandbox.slack.people.answers import use_response_url
from sandbox.slack.state import State
from sandbox.slack.webapi.arguments import Arguments, read_arguments
from sandbox.slack.webapi.endpoint import fault_for
from sandbox.slack.webapi.errors import ApiError

_CALLED = "response_url"


async def response_url(request: Request) -> Response:
    """Takes one answer of the app."""
    state: State = request.app.state.slack
    path = request.url.path.lstrip("/")
    given: dict[str, Any] = {}
    try:
        given = (await read_arguments(request)).given
        payload = Arguments(given).structure("payload", "invalid_payload") or given
        fault = fault_for(state, _CALLED)
        use_response_url(state, path, payload)
    except ApiError as problem:
        # Errors of content come as HTTP 400 here, where the Web API would answer 200.
        status = 400 if problem.status == 200 else problem.status
        state.calls.record(_CALLED, given, status, problem.error)
        return JSONResponse(problem.as_json(), status, problem.headers)
    state.calls.record(_CALLED, given, 200, None)
    if fault is not None and fault.kind == "drop-after":
        return cut_connection(request)
    return PlainTextResponse("ok")
