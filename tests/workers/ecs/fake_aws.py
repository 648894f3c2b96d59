"""An AWS endpoint whose answers a test writes down, byte for byte: over HTTP, so that boto3 is all real."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Any

from tests.local_server import serve_locally

Body = dict[str, Any]


@dataclass(frozen=True)
class RawResponse:
    """What goes back over the wire."""

    body: bytes
    status: int = 200
    bytes_sent: int | None = None
    """Only so many bytes of the body, and then the connection is closed."""
    hang: bool = False
    """No answer at all, while the test lasts."""


@dataclass
class ReceivedRequest:
    """One request that came in."""

    operation: str
    body: Body
    headers: dict[str, str]


@dataclass
class FakeAws:
    """Answers each operation as it was told to."""

    url: str = ""
    requests: list[ReceivedRequest] = field(default_factory=list)
    ended: Event = field(default_factory=Event)
    _answers: dict[str, Callable[[Body], RawResponse]] = field(default_factory=dict)

    def reset(self) -> None:
        """As new, for the next test. Requests that hang are let go."""
        self.ended.set()
        self.ended = Event()
        self.requests.clear()
        self._answers.clear()

    def respond_with(self, operation: str, answer: Body | Callable[[Body], Body]) -> None:
        """This body, or what it makes of the request's body."""
        make = answer if callable(answer) else lambda _: answer
        self._answers[operation] = lambda body: RawResponse(json.dumps(make(body)).encode())

    def respond_raw(self, operation: str, reply: RawResponse) -> None:
        """Exactly this."""
        self._answers[operation] = lambda _: reply

    def respond_error(self, operation: str, code: str, message: str = "", status: int = 400) -> None:
        """One of AWS's errors."""
        self.respond_raw(
            operation, RawResponse(json.dumps({"__type": code, "message": message}).encode(), status)
        )

    def request_bodies(self, operation: str) -> list[Body]:
        """What was asked of this operation, in order."""
        return [asked.body for asked in self.requests if asked.operation == operation]

    def respond(self, asked: ReceivedRequest) -> RawResponse:
        """The answer to a request; one that no test wrote down is an error."""
        self.requests.append(asked)
        answer = self._answers.get(asked.operation)
        if answer is None:
            return RawResponse(b'{"__type": "NotPlayed"}', 400)
        return answer(asked.body)


def _handler(aws: FakeAws) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_POST(self) -> None:
            over = aws.ended
            raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            operation = self.headers.get("X-Amz-Target", "").rsplit(".", 1)[-1]
            reply = aws.respond(ReceivedRequest(operation, json.loads(raw or b"{}"), dict(self.headers)))
            if reply.hang:
                over.wait(30)
                self.close_connection = True
                return
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(reply.body)))
            self.send_header("x-amzn-RequestId", "req-1")
            self.end_headers()
            self.wfile.write(reply.body[: reply.bytes_sent])
            self.close_connection = reply.bytes_sent is not None

        def log_message(self, format: str, *args: Any) -> None:
            return

    return Handler


@contextmanager
def serve_fake_aws() -> Iterator[FakeAws]:
    """Serves on a free port until the block ends."""
    aws = FakeAws()
    with serve_locally(_handler(aws), aws.ended) as aws.url:
        yield aws
