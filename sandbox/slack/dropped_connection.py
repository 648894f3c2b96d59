"""Drops a connection instead of answering."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

_TRANSPORT = "sandbox.transport"


class ConnectionAccess:
    """The outermost layer: gives requests access to their connection, which ASGI does not offer.

    uvicorn passes `send` as a method of its request cycle, which has the transport.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            cycle: Any = getattr(send, "__self__", None)
            scope[_TRANSPORT] = getattr(cycle, "transport", None)
        await self._app(scope, receive, send)


def drop_connection(request: Request) -> Response:
    """Closes the connection at once. The returned response is never sent."""
    transport = request.scope[_TRANSPORT]
    if transport is None:
        raise RuntimeError("The server gives no access to its connections: run it under uvicorn.")
    transport.abort()
    return Response()
