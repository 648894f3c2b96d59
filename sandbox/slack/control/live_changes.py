"""WS /sandbox/live: a person's changes as they happen."""

from __future__ import annotations

import asyncio

from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.slack.api_errors import ActionRefused
from sandbox.slack.control.request_fields import find_person
from sandbox.slack.workspace_state import WorkspaceState


async def stream_changes(socket: WebSocket) -> None:
    state: WorkspaceState = socket.app.state.slack
    try:
        user = find_person(state, socket.query_params.get("as"))
    except ActionRefused:
        await socket.close(1008)
        return
    await socket.accept()
    sending = asyncio.create_task(_send_changes(socket, state, user.id))
    try:
        while True:
            await socket.receive_text()
    except (WebSocketDisconnect, RuntimeError, KeyError):
        pass  # the client has gone, the server has closed the socket, or the client sent bytes
    finally:
        sending.cancel()


async def _send_changes(socket: WebSocket, state: WorkspaceState, user: str) -> None:
    last_sent = state.change_log.latest
    await socket.send_json({"type": "hello", "seq": last_sent})
    try:
        while True:
            for change in await state.change_log.wait(last_sent, user, None):
                await socket.send_json(change.as_json())
                last_sent = change.seq
    except (WebSocketDisconnect, RuntimeError):
        return
