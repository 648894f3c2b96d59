"""The short way to a sandbox in the same process: a call instead of a connection.

Sockets and a server's threads take half of the time of a request, and flow tests make tens of thousands. The
long way is taken by the scenarios and by the sandbox's own tests of faults and of other clients.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict
from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import URLLib3Session

from sandbox.ecs import EcsSandbox
from sandbox.ecs.http.front import ConnectionLost


def shorten(sandbox: EcsSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every client of this process takes the short way to this sandbox; its forks still connect."""
    connecting, here = URLLib3Session.send, os.getpid()

    def send(session: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
        if os.getpid() != here or not request.url.startswith(sandbox.url):
            return connecting(session, request)
        return _answered(sandbox, request)

    monkeypatch.setattr(URLLib3Session, "send", send)


def shorten_for(client: Any, sandbox: EcsSandbox) -> Any:
    """This client alone takes it."""
    client.meta.events.register("before-send", lambda request, **_: _answered(sandbox, request))
    return client


def _answered(sandbox: EcsSandbox, request: AWSPreparedRequest) -> AWSResponse:
    begun: list[tuple[str, list[tuple[str, str]]]] = []
    try:
        body = b"".join(sandbox.application(_environ(request), lambda *head: begun.append(head)))
    except ConnectionLost as lost:
        raise ConnectionClosedError(endpoint_url=request.url, request=request, error=lost) from lost
    status, headers = begun[-1]
    answered: Any = HeadersDict(headers)
    return AWSResponse(request.url, int(status.split()[0]), answered, _Body(body))


class _Body(io.BytesIO):
    """As urllib3 gives it to botocore."""

    def stream(self) -> Iterator[bytes]:
        yield self.getvalue()


def _environ(request: AWSPreparedRequest) -> dict[str, Any]:
    """The request as a WSGI server would hand it on (PEP 3333)."""
    url = urlsplit(request.url)
    told: Any = request.body or b""
    body = told.encode() if isinstance(told, str) else bytes(told)
    headers = {
        f"HTTP_{name.upper().replace('-', '_')}": value.decode() if isinstance(value, bytes) else str(value)
        for name, value in request.headers.items()
    }
    return {
        **headers,
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(url.path),
        "QUERY_STRING": url.query,
        "RAW_URI": request.url,
        "REQUEST_URI": request.url,
        "SERVER_NAME": url.hostname,
        "SERVER_PORT": str(url.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": headers.get("HTTP_CONTENT_TYPE", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": url.netloc,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
