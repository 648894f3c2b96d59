"""An HTTP server on this machine that plays one of the ends we call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread


@contextmanager
def serve_locally(handler: type[BaseHTTPRequestHandler], stopped: Event) -> Iterator[str]:
    """Serves on a free port; its address. When the block ends, `over` is set first: handlers may wait."""
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
