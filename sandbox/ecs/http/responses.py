"""HTTP responses in the formats of AWS."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from email.utils import formatdate
from http import HTTPStatus
from typing import Any
from xml.sax.saxutils import escape

StartResponse = Callable[..., Any]
WsgiApp = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]
_QUERY_SERVICES = frozenset({"sts", "elasticloadbalancing", "ec2", "iam", "autoscaling"})


@dataclass(frozen=True)
class AwsResponse:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def with_date(self, at: float) -> AwsResponse:
        """The same, sent at this time (epoch seconds): every answer of AWS has a `Date`."""
        headers = [each for each in self.headers if each[0].lower() != "date"]
        return replace(self, headers=(*headers, ("Date", formatdate(at, usegmt=True))))

    def send(self, start_response: StartResponse) -> list[bytes]:
        reason = HTTPStatus(self.status).phrase
        length = ("Content-Length", str(len(self.body)))
        headers = [header for header in self.headers if header[0].lower() != "content-length"]
        start_response(f"{self.status} {reason}", [*headers, length])
        return [self.body]


def json_response(
    members: object, status: int = 200, content_type: str = "application/x-amz-json-1.1"
) -> AwsResponse:
    headers = (("Content-Type", content_type), ("x-amzn-RequestId", str(uuid.uuid4())))
    return AwsResponse(status, headers, json.dumps(members).encode())


def control_response(members: object, status: int = 200) -> AwsResponse:
    return json_response(members, status, "application/json")


def error_response(
    service: str, code: str, message: str, status: int = 400, members: Mapping[str, object] | None = None
) -> AwsResponse:
    """An AWS error in the protocol of the service; `members` are its other members in JSON."""
    if service in _QUERY_SERVICES:
        request_id = str(uuid.uuid4())
        kind = "Sender" if status < 500 else "Receiver"
        xml = (
            f"<ErrorResponse><Error><Type>{kind}</Type><Code>{escape(code)}</Code>"
            f"<Message>{escape(message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        headers = (("Content-Type", "text/xml"), ("x-amzn-RequestId", request_id))
        return AwsResponse(status, headers, xml.encode())
    answer = json_response({"__type": code, "message": message, **(members or {})}, status)
    return AwsResponse(status, (*answer.headers, ("x-amzn-ErrorType", code)), answer.body)


def call_wsgi_app(app: WsgiApp, environ: dict[str, Any]) -> AwsResponse:
    """Call a WSGI application and return its whole response."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
        started.append((status, headers))

    chunks = app(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    status, headers = started[-1]
    return AwsResponse(int(status.split()[0]), tuple(headers), body)
