"""An HTTP server on this machine that answers as a test says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Any

from tests.local_server import serving


@dataclass
class WebAnswers:
    """Answers each request with the next of these statuses, the last of them again and again."""

    url: str = ""
    statuses: list[int] = field(default_factory=lambda: [200])
    headers: dict[str, str] = field(default_factory=dict)
    drips: bool = False
    """The head comes drop by drop, and never whole."""
    asked: list[str] = field(default_factory=list)
    over: Event = field(default_factory=Event)


def _handler(web: WebAnswers) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            web.asked.append(self.path)
            if web.drips:
                while not web.over.wait(0.05):
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
def web_answers() -> Iterator[WebAnswers]:
    """Serves on a free port until the block ends."""
    web = WebAnswers()
    with serving(_handler(web), web.over) as web.url:
        yield web
