"""A small HTTP/1.1 server: the fewer cycles it takes, the more of the machine the measured processes have.

It reads requests with a `Content-Length` and answers on a connection that stays open.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """One request; the names of its headers are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Json:
        """The body as a JSON object; an empty body is an empty object."""
        parsed = json.loads(self.body) if self.body else {}
        if not isinstance(parsed, dict):
            raise ValueError("not a JSON object")
        return parsed


@dataclass(frozen=True)
class Response:
    """One answer."""

    content: Json | bytes
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    def encode(self) -> bytes:
        """As it goes over the wire."""
        body = self.content if isinstance(self.content, bytes) else json.dumps(self.content).encode()
        lines = [
            f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}",
            f"Content-Type: {self.content_type}",
            f"Content-Length: {len(body)}",
            f"Date: {formatdate(usegmt=True)}",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


Handler = Callable[[Request], Response | Awaitable[Response]]


class HttpProtocol(asyncio.Protocol):
    """One connection."""

    def __init__(self, handler: Handler, open_connections: set[asyncio.Transport]) -> None:
        self._handler = handler
        self._open = open_connections
        self._received = b""
        self._transport: asyncio.Transport | None = None
        self._answering: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._open.add(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self._transport is not None:
            self._open.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (request := self._next_request()) is not None:
            answer = self._handler(request)
            if isinstance(answer, Response):
                self._send(answer)
            else:
                task = asyncio.ensure_future(self._send_later(answer))
                self._answering.add(task)
                task.add_done_callback(self._answering.discard)

    async def _send_later(self, answer: Awaitable[Response]) -> None:
        self._send(await answer)

    def _send(self, answer: Response) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer.encode())

    def _next_request(self) -> Request | None:
        head, end, rest = self._received.partition(b"\r\n\r\n")
        if not end:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", 0))
        if headers.get("expect", "").lower() == "100-continue" and len(rest) < length and self._transport:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._received = self._received.replace(b"100-continue", b"continued", 1)
            return None
        if len(rest) < length:
            return None
        method, path, _ = first.split(" ", 2)
        self._received = rest[length:]
        return Request(method, path, headers, rest[:length])


@asynccontextmanager
async def listening(handler: Handler) -> AsyncIterator[str]:
    """Serves on a free port of 127.0.0.1, whose address is given; all connections end with the context."""
    connections: set[asyncio.Transport] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: HttpProtocol(handler, connections), "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for each in list(connections):
            each.abort()
        await server.wait_closed()


async def serve_until_stopped(address: str) -> None:
    """Prints the address, and returns on SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()
    await stop.wait()
