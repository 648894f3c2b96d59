"""An AWS endpoint whose answers a test defines, byte by byte, over HTTP: so all of boto3 is real."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Any

from tests.fake_web_server import serve_locally

Body = dict[str, Any]


@dataclass(frozen=True)
class RawResponse:
    """What is sent back."""

    body: bytes
    status: int = 200
    bytes_sent: int | None = None
    """Only so many bytes of the body are sent; then the connection is closed."""
    hang: bool = False
    """No answer at all during the test."""


@dataclass
class ReceivedRequest:
    """One request that came in."""

    operation: str
    body: Body
    headers: dict[str, str]


@dataclass
class FakeAws:
    """Answers each operation as the test defines."""

    url: str = ""
    requests: list[ReceivedRequest] = field(default_factory=list)
    ended: Event = field(default_factory=Event)
    _answers: dict[str, Callable[[Body], RawResponse]] = field(default_factory=dict)

    def reset(self) -> None:
        """Forgets everything, for the next test. Requests that hang end."""
        self.ended.set()
        self.ended = Event()
        self.requests.clear()
        self._answers.clear()

    def respond_with(self, operation: str, answer: Body | Callable[[Body], Body]) -> None:
        """Answers with this body, or with what this function returns for the request's body."""
        make = answer if callable(answer) else lambda _: answer
        self._answers[operation] = lambda body: RawResponse(json.dumps(make(body)).encode())

    def respond_raw(self, operation: str, response: RawResponse) -> None:
        """Answers with exactly this."""
        self._answers[operation] = lambda _: response

    def respond_error(self, operation: str, code: str, message: str = "", status: int = 400) -> None:
        """Answers with one of AWS's errors."""
        self.respond_raw(
            operation, RawResponse(json.dumps({"__type": code, "message": message}).encode(), status)
        )

    def request_bodies(self, operation: str) -> list[Body]:
        """The bodies of this operation's requests, in order."""
        return [request.body for request in self.requests if request.operation == operation]

    def respond(self, request: ReceivedRequest) -> RawResponse:
        """The response to a request; an error if the test defines none."""
        self.requests.append(request)
        answer = self._answers.get(request.operation)
        if answer is None:
            return RawResponse(b'{"__type": "NotDefinedByTest"}', 400)
        return answer(request.body)


def _handler(aws: FakeAws) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_POST(self) -> None:
            ended = aws.ended
            length = int(self.headers.get("Content-Length", "0"))
            raw = self.rfile.read(length)
            if len(raw) < length:  # no whole request: nothing is done
                self.close_connection = True
                return
            operation = self.headers.get("X-Amz-Target", "").rsplit(".", 1)[-1]
            response = aws.respond(ReceivedRequest(operation, json.loads(raw or b"{}"), dict(self.headers)))
            if response.hang:
                ended.wait(30)
                self.close_connection = True
                return
            self.send_response(response.status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(response.body)))
            self.send_header("x-amzn-RequestId", "req-1")
            self.end_headers()
            self.wfile.write(response.body[: response.bytes_sent])
            self.close_connection = response.bytes_sent is not None

        def log_message(self, format: str, *args: Any) -> None:
            return

    return Handler


@contextmanager
def serve_fake_aws() -> Iterator[FakeAws]:
    """Serves on a free port until the block ends."""
    aws = FakeAws()
    with serve_locally(_handler(aws), aws.ended) as aws.url:
        yield aws
