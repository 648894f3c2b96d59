"""An HTTP server on this machine that answers as a test says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Any

from tests.local_server import serve_locally


@dataclass
class FakeWebServer:
    """Answers each request with the next of these statuses, the last of them again and again."""

    url: str = ""
    statuses: list[int] = field(default_factory=lambda: [200])
    headers: dict[str, str] = field(default_factory=dict)
    drips_headers: bool = False
    """The head comes drop by drop, and never whole."""
    requested_paths: list[str] = field(default_factory=list)
    stopped: Event = field(default_factory=Event)


def _handler(web: FakeWebServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            web.requested_paths.append(self.path)
            if web.drips_headers:
                while not web.stopped.wait(0.05):
                    self.wfile.write(b"H")
                return
            status = web.statuses.pop(0) if len(web.statuses) > 1 else web.statuses[0]
            if not status:  # closes without an answer
                return
            self.send_response(status)
            for name, value in web.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: Any) -> None:
            return

    return Handler


@contextmanager
def fake_web_server() -> Iterator[FakeWebServer]:
    """Serves on a free port until the block ends."""
    web = FakeWebServer()
    with serve_locally(_handler(web), web.stopped) as web.url:
        yield web
