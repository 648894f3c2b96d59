"""`/metrics`, `/healthz` and `/readyz` of a process and of all that it forks, served by a thread.

They report through a pipe (`metrics_pipe.py`), so the thread can tell that a main loop hangs, and neither a
slow scrape nor a port that is taken affects that loop. If the process forks, it waits for what the thread is
doing (`fork_gate.py`), and what was forked does not keep the port.
"""

from __future__ import annotations

import itertools
import os
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import structlog

from deploys.settings import Settings
from deploys.telemetry.fork_gate import ForkGate
from deploys.telemetry.installed_version import installed_version
from deploys.telemetry.metrics_pipe import METRICS_PIPE
from deploys.telemetry.process_state import ProcessState

if TYPE_CHECKING:
    from deploys.telemetry.exposition import Exposition

log = structlog.get_logger()

REQUEST_SECONDS = 5.0
"""How long a client may take to send its request, or to read the answer."""
RETRY_PORT_SECONDS = 1.0
"""Between two tries to get the port: the process before this one may still have it."""
READ_BYTES = 65536
"""How much of the reports is read at once."""


def serve_metrics(process: str, settings: Settings, loops: Sequence[str] = ("",)) -> None:
    """Serves the metrics of this process, and of those that are forked from it, if a port is set.

    loops: the numbers of the workers, if it is about several. A second call does nothing, as gunicorn makes
    one when it reloads.
    """
    if settings.metrics_port is None or METRICS_PIPE.is_open:
        return
    reading, writing = os.pipe()
    METRICS_PIPE.open(writing)
    gate = ForkGate()
    gate.in_child(lambda: os.close(reading))
    threading.Thread(
        target=_serve, args=(process, settings, loops, reading, gate), name="metrics", daemon=True
    ).start()


def _serve(process: str, settings: Settings, loops: Sequence[str], reading: int, gate: ForkGate) -> None:
    with gate.working():
        from deploys.telemetry.exposition import Exposition  # prometheus_client is loaded here alone

        state = ProcessState(process, loops)
        exposition = Exposition(process, settings.redis_url, state, installed_version())
        address = (settings.metrics_host, settings.metrics_port or 0)
        threading.Thread(target=_listen, args=(address, exposition, state, gate), daemon=True).start()
    begun = b""
    while received := os.read(reading, READ_BYTES):
        with gate.working():
            *lines, begun = (begun + received).split(b"\n")
            for line in lines:
                exposition.take(line)


def _listen(address: tuple[str, int], exposition: Exposition, state: ProcessState, gate: ForkGate) -> None:
    """Serves, as soon as the port is free."""
    for attempt in itertools.count():
        try:
            with gate.working():
                server = MetricsServer(address, exposition.text, state, exposition.ping_redis, gate)
                log.info(
                    "metrics are served", process=state.process, host=address[0], port=server.server_port
                )
        except OSError as error:
            if attempt == 0:
                with gate.working():
                    log.error(
                        "the port for metrics cannot be used; Slipway works without, and tries again",
                        host=address[0],
                        port=address[1],
                        error=str(error),
                    )
            time.sleep(RETRY_PORT_SECONDS)
        else:
            server.serve_forever()


class MetricsServer(ThreadingHTTPServer):
    """GET or HEAD of the three paths; everything else is refused."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        scrape: Callable[[], bytes],
        state: ProcessState,
        ping_redis: Callable[[], str],
        gate: ForkGate,
    ) -> None:
        """ping_redis: an empty text, or what is wrong with Redis.

        Raises:
            OSError: the address cannot be used.
        """
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.scrape = scrape
        self.state = state
        self.ping_redis = ping_redis
        self.gate = gate
        super().__init__(address, _Handler)
        gate.in_child(self.socket.close)  # otherwise the port stays taken as long as the child lives

    def process_request(self, request: Any, client_address: Any) -> None:
        """Starts the thread of a request."""
        with self.gate.working():
            super().process_request(request, client_address)

    def server_bind(self) -> None:
        """Without asking a name server for the name of this address."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is nobody's problem."""
        log.debug("a request for metrics failed", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: MetricsServer
    timeout = REQUEST_SECONDS

    def do_GET(self) -> None:
        with self.server.gate.working():
            answer = self._answer()
        self._send(*answer)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _answer(self) -> tuple[HTTPStatus, bytes, str]:
        """Status, body and content type."""
        state, text = self.server.state, "text/plain; charset=utf-8"
        match self.path.partition("?")[0]:
            case "/metrics":
                return HTTPStatus.OK, self.server.scrape(), "text/plain; version=0.0.4; charset=utf-8"
            case "/healthz":
                problem = state.health_problem()
            case "/readyz":
                problem = state.readiness_problem() or self.server.ping_redis()
            case _:
                return HTTPStatus.NOT_FOUND, b"not found: there are /metrics, /healthz and /readyz\n", text
        status = HTTPStatus.SERVICE_UNAVAILABLE if problem else HTTPStatus.OK
        return status, f"{problem or 'ok'}\n".encode(), text

    def _send(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        self.send_response_only(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            with suppress(OSError):
                self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Logs nothing: there is a scrape every few seconds."""
