"""WS /sandbox/live: a person's changes as they happen."""

from __future__ import annotations

import asyncio

from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.slack.control.reading import person
from sandbox.slack.people.refused import Refused
from sandbox.slack.state import State


async def live(socket: WebSocket) -> None:
    state: State = socket.app.state.slack
    try:
        user = person(state, socket.query_params.get("as"))
    except Refused:
        await socket.close(1008)
        return
    await socket.accept()
    telling = asyncio.create_task(_tell(socket, state, user.id))
    try:
        while True:
            await socket.receive_text()
    except (WebSocketDisconnect, RuntimeError, KeyError):
        pass  # gone, closed from this end meanwhile, or talking in bytes
    finally:
        telling.cancel()


async def _tell(socket: WebSocket, state: State, user: str) -> None:
    seen = state.changes.latest
    await socket.send_json({"type": "hello", "seq": seen})
    try:
        while True:
            for change in await state.changes.wait(seen, user, None):
                await socket.send_json(change.as_json())
                seen = change.seq
    except (WebSocketDisconnect, RuntimeError):
        return
