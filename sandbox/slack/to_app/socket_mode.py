"""Socket Mode: the app's websockets, envelopes and acknowledgements (docs.slack.dev, Socket Mode)."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.slack.store.slack_ids import SlackIds
from sandbox.slack.team.workspace import APP_ID

Json = dict[str, Any]

MAX_CONNECTIONS = 10
# The lifetime of a connection in Slack's hello, in seconds.
_CONNECTION_LIFETIME_SECONDS = 18_060
_REFRESH_GRACE_SECONDS = 10.0


class NoConnection(Exception):
    """No socket is open for a payload."""


class SocketModeServer:
    """All sockets of the app. Each payload goes to one of them, in turn."""

    def __init__(
        self, ids: SlackIds, ticket_lifetime: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._ids = ids
        self._ticket_lifetime = ticket_lifetime
        self._now = now
        self._tickets: dict[str, float] = {}
        self._sockets: list[WebSocket] = []
        self._refreshing: list[WebSocket] = []
        self._pending_acks: dict[str, asyncio.Future[Json]] = {}
        self._closing: set[asyncio.Future[None]] = set()
        self._next_socket = 0

    @property
    def connection_count(self) -> int:
        return len(self._sockets)

    def issue_ticket(self) -> str:
        """A ticket for one connection, valid once and for a short time."""
        ticket = str(uuid.uuid4())
        self._tickets[ticket] = self._now() + self._ticket_lifetime
        return ticket

    async def serve(self, socket: WebSocket, *, enabled: bool, ticket: str) -> None:
        """Serves one connection until it ends."""
        good_until = self._tickets.pop(ticket, 0.0)
        if self._now() > good_until:
            await socket.close(1008)  # before the handshake: the client sees HTTP 403
            return
        await socket.accept()
        if not enabled:
            await self._disconnect(socket, "link_disabled")
        elif len(self._sockets) >= MAX_CONNECTIONS:
            await self._disconnect(socket, "too_many_websockets")
        else:
            await self._serve_connection(socket)

    async def send(
        self, kind: str, payload: Json, *, accepts_payload: bool, copies: int = 1, **more: Any
    ) -> Json:
        """Sends an envelope and waits for its acknowledgement, without a timeout of its own.

        Returns the payload of the acknowledgement. With `copies` the same envelope is sent again, as Slack
        does at times (bolt-js #2487).

        Raises:
            NoConnection: no socket is open
        """
        envelope_id = str(uuid.uuid4())
        envelope = {
            "envelope_id": envelope_id,
            "payload": payload,
            "type": kind,
            "accepts_response_payload": accepts_payload,
            **more,
        }
        acknowledged: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._pending_acks[envelope_id] = acknowledged
        try:
            for _ in range(copies):
                await self._send_to_one(json.dumps(envelope))
            return await acknowledged
        finally:
            del self._pending_acks[envelope_id]

    async def refresh(self, reason: str) -> int:
        """Asks every connection to reconnect; a `warning` leaves it open. Returns the number of connections.

        An old connection is closed once a new one has replaced it, or after some time.
        """
        connections = list(self._sockets)
        for socket in connections:
            await self._send(socket, {"type": "disconnect", "reason": reason, "debug_info": _debug_info()})
        if reason != "warning":
            self._sockets = [socket for socket in self._sockets if socket not in connections]
            self._refreshing += connections
            asyncio.get_running_loop().call_later(_REFRESH_GRACE_SECONDS, self._close_soon, connections)
        return len(connections)

    async def close_all(self) -> None:
        """Closes every connection without a message, as in an outage."""
        for socket in [*self._sockets, *self._refreshing]:
            await self._close(socket)

    async def _serve_connection(self, socket: WebSocket) -> None:
        self._sockets.append(socket)
        await self._send(socket, self._hello())
        if self._refreshing:
            await self._close(self._refreshing[0])
        try:
            while True:
                self._handle_ack(await socket.receive_text())
        except (WebSocketDisconnect, RuntimeError, KeyError):
            pass  # the client has gone, the server has closed the socket, or the client sent bytes
        finally:
            self._forget(socket)

    def _handle_ack(self, text: str) -> None:
        try:
            answer = json.loads(text)
        except ValueError:
            return
        if not isinstance(answer, dict):
            return
        waiting = self._pending_acks.get(str(answer.get("envelope_id")))
        if waiting is not None and not waiting.done():
            payload = answer.get("payload")
            waiting.set_result(payload if isinstance(payload, dict) else {})

    async def _send_to_one(self, text: str) -> None:
        while self._sockets:
            self._next_socket += 1
            socket = self._sockets[self._next_socket % len(self._sockets)]
            try:
                await socket.send_text(text)
            except (WebSocketDisconnect, RuntimeError):
                self._forget(socket)
            else:
                return
        raise NoConnection

    async def _send(self, socket: WebSocket, message: Json) -> None:
        try:
            await socket.send_text(json.dumps(message))
        except (WebSocketDisconnect, RuntimeError):
            self._forget(socket)

    async def _disconnect(self, socket: WebSocket, reason: str) -> None:
        await self._send(socket, {"type": "disconnect", "reason": reason, "debug_info": _debug_info()})
        await self._close(socket)

    async def _close(self, socket: WebSocket) -> None:
        self._forget(socket)
        try:
            await socket.close(1000)
        except (WebSocketDisconnect, RuntimeError):
            return

    def _close_soon(self, sockets: list[WebSocket]) -> None:
        for socket in sockets:
            if socket in self._refreshing:
                closing = asyncio.ensure_future(self._close(socket))
                self._closing.add(closing)
                closing.add_done_callback(self._closing.discard)

    def _forget(self, socket: WebSocket) -> None:
        self._sockets = [known for known in self._sockets if known is not socket]
        self._refreshing = [known for known in self._refreshing if known is not socket]

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._sockets),
            "debug_info": {
                **_debug_info(),
                "build_number": 10,
                "approximate_connection_time": _CONNECTION_LIFETIME_SECONDS,
            },
            "connection_info": {"app_id": APP_ID},
        }


def _debug_info() -> Json:
    return {"host": "applink-sandbox"}
