"""HTTP servers on this machine, for tests of what calls them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any


@dataclass
class FakeWebServer:
    """Answers each request with the next of these statuses, and repeats the last one."""

    url: str = ""
    statuses: list[int] = field(default_factory=lambda: [200])
    headers: dict[str, str] = field(default_factory=dict)
    drips_headers: bool = False
    """The response headers arrive byte by byte and never end."""
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
            if not status:  # closes the connection without an answer
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


@contextmanager
def serve_locally(handler: type[BaseHTTPRequestHandler], stopped: Event) -> Iterator[str]:
    """Serves on a free port and yields the address. `stopped` is set at the end, for handlers that wait."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        stopped.set()
        server.shutdown()
        thread.join(timeout=5)
        server.server_close()
