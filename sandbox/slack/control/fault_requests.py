"""/sandbox/faults adds, lists and clears faults; /sandbox/verify checks the app's URLs."""

from __future__ import annotations

from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.slack.api_errors import ActionRefused
from sandbox.slack.control.request_fields import read_body, required_text
from sandbox.slack.faults import FAULT_DETAILS, UnknownFault
from sandbox.slack.workspace_state import WorkspaceState

Json = dict[str, Any]

_DISCONNECT_REASONS = ("refresh_requested", "warning", "link_disabled")


async def handle_faults(request: Request) -> Response:
    state: WorkspaceState = request.app.state.slack
    if request.method == "GET":
        return _faults_response(state)
    if request.method == "DELETE":
        state.faults.clear()
        return _faults_response(state)
    body = await read_body(request)
    kind = required_text(body, "kind")
    if kind == "refresh":
        return await _refresh_connections(state, body)
    if kind == "replay":
        return await _replay_last_request(state)
    return await _add_fault(state, kind, body)


async def verify_urls(request: Request) -> Response:
    """Sends what Slack sends when URLs are entered: url_verification, and ssl_check for commands."""
    state: WorkspaceState = request.app.state.slack
    manifest = state.installation.manifest
    if manifest.socket_mode:
        raise ActionRefused("socket_mode", "A Socket Mode app has no URLs to verify.", status=409)
    checks: list[Json] = []
    if manifest.events_url:
        checks.append(await _check_url_verification(state, manifest.events_url))
    for command in manifest.commands:
        if command.url:
            checks.append(await _check_ssl(state, command.url))
    verified = all(check["ok"] for check in checks)
    return JSONResponse({"ok": True, "verified": verified, "checks": checks})


def _faults_response(state: WorkspaceState) -> Response:
    pending = [fault.as_json() for fault in state.faults.pending()]
    return JSONResponse({"ok": True, "faults": pending, "kinds": [*FAULT_DETAILS, "refresh", "replay"]})


async def _add_fault(state: WorkspaceState, kind: str, body: Json) -> Response:
    times, seconds = body.get("times"), body.get("seconds")
    details = {name: value for name, value in body.items() if name not in ("kind", "times", "seconds")}
    if kind == "delay-delivery" and seconds is not None:
        # For this kind, `seconds` is how late a payload comes, not how long the fault lasts.
        details["delay"], seconds = float(seconds), None
    if kind == "outage" and seconds is None:
        raise ActionRefused("missing", "An outage needs seconds: how long it lasts.")
    try:
        fault = state.faults.add(kind, times, float(seconds) if seconds is not None else None, details)
    except (UnknownFault, TypeError, ValueError) as problem:
        raise ActionRefused("unknown_fault", str(problem)) from problem
    if kind == "outage":
        await state.socket_mode.close_all()
    return JSONResponse({"ok": True, "fault": fault.as_json()})


async def _refresh_connections(state: WorkspaceState, body: Json) -> Response:
    reason = body.get("reason", "refresh_requested")
    if reason not in _DISCONNECT_REASONS:
        raise ActionRefused(
            "unknown_reason",
            f"A disconnect has no reason {reason!r}; there are {', '.join(_DISCONNECT_REASONS)}.",
        )
    return JSONResponse({"ok": True, "connections": await state.socket_mode.refresh(reason)})


async def _replay_last_request(state: WorkspaceState) -> Response:
    last = state.signed_http.last_request
    if last is None:
        raise ActionRefused("nothing_to_replay", "No signed request has been sent so far.", status=409)
    try:
        response = await state.signed_http.post(last, state.timeouts.acknowledge)
    except httpx.HTTPError as problem:
        return JSONResponse({"ok": True, "status": None, "body": str(problem)})
    return JSONResponse({"ok": True, "status": response.status_code, "body": response.text})


async def _check_url_verification(state: WorkspaceState, url: str) -> Json:
    challenge = state.ids.new_secret()
    token = state.installation.verification_token
    request = state.signed_http.sign_json(
        url, {"token": token, "challenge": challenge, "type": "url_verification"}
    )
    try:
        response = await state.signed_http.post(request, state.timeouts.acknowledge)
    except httpx.HTTPError as problem:
        return {"url": url, "ok": False, "check": "url_verification", "detail": type(problem).__name__}
    answered = response.is_success and challenge in response.text
    return {"url": url, "ok": answered, "check": "url_verification", "status": response.status_code}


async def _check_ssl(state: WorkspaceState, url: str) -> Json:
    request = state.signed_http.sign_form(
        url, {"ssl_check": "1", "token": state.installation.verification_token}
    )
    try:
        response = await state.signed_http.post(request, state.timeouts.acknowledge)
    except httpx.HTTPError as problem:
        return {"url": url, "ok": False, "check": "ssl_check", "detail": type(problem).__name__}
    return {"url": url, "ok": response.is_success, "check": "ssl_check", "status": response.status_code}
