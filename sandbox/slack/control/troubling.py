"""/sandbox/faults: making things go wrong, and asking the app to prove its addresses."""

from __future__ import annotations

from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.slack.control.reading import body_of, text
from sandbox.slack.faults import KINDS, UnknownFault
from sandbox.slack.people.refused import Refused
from sandbox.slack.state import State

Json = dict[str, Any]

_REASONS = ("refresh_requested", "warning", "link_disabled")


async def faults(request: Request) -> Response:
    state: State = request.app.state.slack
    if request.method == "GET":
        return _listed(state)
    if request.method == "DELETE":
        state.faults.clear()
        return _listed(state)
    body = await body_of(request)
    kind = text(body, "kind")
    if kind == "refresh":
        return await _refresh(state, body)
    if kind == "replay":
        return await _replay(state)
    return await _add(state, kind, body)


async def verify(request: Request) -> Response:
    """Sends what Slack sends when addresses are entered: url_verification, and ssl_check to the commands."""
    state: State = request.app.state.slack
    manifest = state.installation.manifest
    if manifest.socket_mode:
        raise Refused("socket_mode", "A Socket Mode app has no addresses to verify.", status=409)
    checks: list[Json] = []
    if manifest.events_url:
        checks.append(await _challenge(state, manifest.events_url))
    for command in manifest.commands:
        if command.url:
            checks.append(await _ssl_check(state, command.url))
    verified = all(check["ok"] for check in checks)
    return JSONResponse({"ok": True, "verified": verified, "checks": checks})


def _listed(state: State) -> Response:
    waiting = [fault.as_json() for fault in state.faults.listed()]
    return JSONResponse({"ok": True, "faults": waiting, "kinds": [*KINDS, "refresh", "replay"]})


async def _add(state: State, kind: str, body: Json) -> Response:
    times, lasting = body.get("times"), body.get("seconds")
    details = {name: value for name, value in body.items() if name not in ("kind", "times", "seconds")}
    if kind == "delay-delivery" and lasting is not None:
        # Here the seconds say how late a payload comes, and not for how long this goes on.
        details["delay"], lasting = float(lasting), None
    if kind == "outage" and lasting is None:
        raise Refused("missing", "An outage needs seconds: how long it lasts.")
    try:
        fault = state.faults.add(kind, times, float(lasting) if lasting is not None else None, details)
    except (UnknownFault, TypeError, ValueError) as problem:
        raise Refused("unknown_fault", str(problem)) from problem
    if kind == "outage":
        await state.socket.close_all()
    return JSONResponse({"ok": True, "fault": fault.as_json()})


async def _refresh(state: State, body: Json) -> Response:
    reason = body.get("reason", "refresh_requested")
    if reason not in _REASONS:
        raise Refused(
            "unknown_reason", f"A disconnect has no reason {reason!r}; there are {', '.join(_REASONS)}."
        )
    return JSONResponse({"ok": True, "connections": await state.socket.refresh(reason)})


async def _replay(state: State) -> Response:
    last = state.http.last
    if last is None:
        raise Refused("nothing_to_replay", "No signed request has been sent so far.", status=409)
    try:
        response = await state.http.post(last, state.timings.acknowledge)
    except httpx.HTTPError as problem:
        return JSONResponse({"ok": True, "status": None, "body": str(problem)})
    return JSONResponse({"ok": True, "status": response.status_code, "body": response.text})


async def _challenge(state: State, url: str) -> Json:
    challenge = state.ids.secret()
    token = state.installation.verification_token
    parcel = state.http.json(url, {"token": token, "challenge": challenge, "type": "url_verification"})
    try:
        response = await state.http.post(parcel, state.timings.acknowledge)
    except httpx.HTTPError as problem:
        return {"url": url, "ok": False, "check": "url_verification", "detail": type(problem).__name__}
    answered = response.is_success and challenge in response.text
    return {"url": url, "ok": answered, "check": "url_verification", "status": response.status_code}


async def _ssl_check(state: State, url: str) -> Json:
    parcel = state.http.form(url, {"ssl_check": "1", "token": state.installation.verification_token})
    try:
        response = await state.http.post(parcel, state.timings.acknowledge)
    except httpx.HTTPError as problem:
        return {"url": url, "ok": False, "check": "ssl_check", "detail": type(problem).__name__}
    return {"url": url, "ok": response.is_success, "check": "ssl_check", "status": response.status_code}
