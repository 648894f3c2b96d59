"""/api/METHOD: handles one call, with the checks in Slack's order."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.slack.api_errors import ApiError
from sandbox.slack.app_content.call_arguments import CallArguments, read_arguments
from sandbox.slack.dropped_connection import drop_connection
from sandbox.slack.faults import SlackFault
from sandbox.slack.webapi.api_method import ApiCall, ApiMethod, rate_limited_error
from sandbox.slack.webapi.methods import METHODS
from sandbox.slack.workspace_state import WorkspaceState

Json = dict[str, Any]


async def handle_api_call(request: Request) -> Response:
    """Answers one Web API call, and applies faults."""
    state: WorkspaceState = request.app.state.slack
    name = str(request.path_params["method"])
    args = CallArguments({})
    scopes: tuple[str, ...] = ()
    fault = None
    try:
        args = await read_arguments(request)
        fault = take_fault(state, name)
        token = _read_token(request, args)
        scopes = state.installation.scopes_of(token or "") or ()
        answer: Json = {"ok": True, **_run_method(state, name, args, token)}
        status, headers, error = 200, dict[str, str](), None
    except ApiError as problem:
        answer, status, headers, error = problem.as_json(), problem.status, problem.headers, problem.error
    state.call_log.record(name, args.values, status, error)
    if fault is not None and fault.kind == "drop-after":
        return drop_connection(request)
    at = time.time() + state.faults.clock_skew()
    headers = {
        **headers,
        "date": formatdate(at, usegmt=True),
        "x-slack-req-id": state.ids.new_secret(),
        **_scope_headers(name, scopes),
    }
    return JSONResponse(answer, status, headers)


def take_fault(state: WorkspaceState, name: str) -> SlackFault | None:
    """Raises ApiError for a fault that is an answer. Returns a fault that applies after the call."""
    if state.faults.is_outage():
        raise ApiError("service_unavailable", status=503)
    fault = state.faults.take_for_call(name)
    if fault is not None:
        _raise_fault(fault)
    return fault


def _raise_fault(fault: SlackFault) -> None:
    """Raises ApiError for a fault that is an answer instead of the call."""
    if fault.kind == "http-429":
        raise rate_limited_error(int(fault.details["retry_after"]))
    if fault.kind == "http-500":
        raise ApiError("internal_error", status=500)
    if fault.kind == "error":
        raise ApiError(str(fault.details["error"]))


def _run_method(state: WorkspaceState, name: str, args: CallArguments, token: str | None) -> Json:
    method = METHODS.get(name)
    if method is None:
        raise ApiError("unknown_method", req_method=name)
    call = ApiCall(state, args, _check_token(state, method, token))
    if method.scope is not None:
        call.require_scope(method.scope)
    call.count_against(name, method.rate)
    return method.run(call)


def _check_token(state: WorkspaceState, method: ApiMethod, token: str | None) -> tuple[str, ...]:
    if method.token == "none":
        return ()
    if token is None:
        raise ApiError("not_authed")
    scopes = state.installation.scopes_of(token)
    if scopes is None:
        raise ApiError("invalid_auth")
    kind = state.installation.kind_of(token)
    if method.token not in (kind, "either"):
        raise ApiError("not_allowed_token_type")
    return scopes


def _read_token(request: Request, args: CallArguments) -> str | None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    return args.text("token") or None


def _scope_headers(name: str, scopes: tuple[str, ...]) -> dict[str, str]:
    method = METHODS.get(name)
    if not scopes or method is None:
        return {}
    return {"x-oauth-scopes": ",".join(scopes), "x-accepted-oauth-scopes": method.scope or ""}
