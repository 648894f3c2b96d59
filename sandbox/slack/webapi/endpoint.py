"""/api/METHOD: one call from its arrival to its answer, in the order in which Slack checks."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.slack.connection_cut import cut_connection
from sandbox.slack.faults import Fault
from sandbox.slack.state import State
from sandbox.slack.webapi.arguments import Arguments, read_arguments
from sandbox.slack.webapi.errors import ApiError
from sandbox.slack.webapi.method import Call, Method, Token, too_many_calls
from sandbox.slack.webapi.methods import METHODS

Json = dict[str, Any]


async def web_api(request: Request) -> Response:
    """Answers one Web API call, faults included."""
    state: State = request.app.state.slack
    name = str(request.path_params["method"])
    args = Arguments({})
    scopes: tuple[str, ...] = ()
    fault = None
    try:
        args = await read_arguments(request)
        fault = fault_for(state, name)
        token = _token(request, args)
        scopes = state.installation.scopes_of(token or "") or ()
        answer: Json = {"ok": True, **_run(state, name, args, token)}
        status, headers, error = 200, dict[str, str](), None
    except ApiError as problem:
        answer, status, headers, error = problem.as_json(), problem.status, problem.headers, problem.error
    state.calls.record(name, args.given, status, error)
    if fault is not None and fault.kind == "drop-after":
        return cut_connection(request)
    headers = {**headers, "x-slack-req-id": state.ids.secret(), **_scope_headers(name, scopes)}
    return JSONResponse(answer, status, headers)


def fault_for(state: State, name: str) -> Fault | None:
    """Raises ApiError where the fault is an answer; returns one that strikes later."""
    if state.faults.during_outage():
        raise ApiError("service_unavailable", status=503)
    fault = state.faults.take_for_call(name)
    if fault is not None:
        _answer_fault(fault)
    return fault


def _answer_fault(fault: Fault) -> None:
    """Raises ApiError for the faults that are an answer instead of the call."""
    if fault.kind == "http-429":
        raise too_many_calls(int(fault.details["retry_after"]))
    if fault.kind == "http-500":
        raise ApiError("internal_error", status=500)
    if fault.kind == "error":
        raise ApiError(str(fault.details["error"]))


def _run(state: State, name: str, args: Arguments, token: str | None) -> Json:
    method = METHODS.get(name)
    if method is None:
        raise ApiError("unknown_method", req_method=name)
    call = Call(state, args, _granted(state, method, token))
    if method.scope is not None:
        call.needs(method.scope)
    call.counts_as(name, method.rate)
    return method.run(call)


def _granted(state: State, method: Method, token: str | None) -> tuple[str, ...]:
    if method.token == "none":
        return ()
    if token is None:
        raise ApiError("not_authed")
    scopes = state.installation.scopes_of(token)
    if scopes is None:
        raise ApiError("invalid_auth")
    kind: Token = "app" if token == state.installation.app_token else "bot"
    if method.token not in (kind, "either"):
        raise ApiError("not_allowed_token_type")
    return scopes


def _token(request: Request, args: Arguments) -> str | None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    return args.text("token") or None


def _scope_headers(name: str, scopes: tuple[str, ...]) -> dict[str, str]:
    method = METHODS.get(name)
    if not scopes or method is None:
        return {}
    return {"x-oauth-scopes": ",".join(scopes), "x-accepted-oauth-scopes": method.scope or ""}
