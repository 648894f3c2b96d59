"""`/metrics`, `/healthz` and `/readyz` of a process.

A thread serves them, if the process forks no other (`serve_metrics`). Otherwise a process of its own does,
forked once everything is loaded (`MetricsProcess`): a thread may hold a lock when its process is forked.
Either reads the pipe (`metrics_pipe.py`), so it can tell that the main loop hangs, and neither a slow scrape
nor a port that is taken affects that loop.
"""

from __future__ import annotations

import itertools
import os
import signal
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NoReturn

import structlog

from deploys.process_startup import exempt_start_from_collection
from deploys.settings import Settings
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


def serve_metrics(process: str, settings: Settings) -> None:
    """Serves this process's metrics from a thread, if a port is set."""
    if settings.metrics_port is None:
        return
    reading, writing = os.pipe()
    METRICS_PIPE.open(writing)
    threading.Thread(
        target=_serve, args=(process, settings, ("",), reading, lambda: True), name="metrics", daemon=True
    ).start()


class MetricsProcess:
    """Serves the metrics of a process that forks others, from a process of its own, if a port is set."""

    def __init__(self, process: str, settings: Settings, loops: Sequence[str] = ("",)) -> None:
        """What is reported from now on waits for `start`. loops: the numbers of the workers, if it is about
        several. A second call does nothing, as gunicorn makes one when it reloads."""
        self._process, self._settings, self._loops = process, settings, loops
        self._reading: int | None = None
        if settings.metrics_port is not None and not METRICS_PIPE.is_open:
            self._reading, writing = os.pipe()
            METRICS_PIPE.open(writing)

    def start(self) -> None:
        """Forks it. Call it before the process starts threads, and when it has loaded all that it needs: the
        two share what neither of them writes to afterwards."""
        if self._reading is None:
            return
        exempt_start_from_collection()  # a collection would copy all that the two processes share
        parent = os.getpid()
        if os.fork() == 0:
            self._run_forked(self._reading, parent)
        os.close(self._reading)
        self._reading = None

    def _run_forked(self, reading: int, parent: int) -> NoReturn:
        """Runs until no process is left that writes: signals are for those."""
        try:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
                signal.signal(number, signal.SIG_IGN)
            METRICS_PIPE.close()
            is_there = lambda: os.getppid() == parent  # noqa: E731
            _serve(self._process, self._settings, self._loops, reading, is_there)
        except Exception:
            log.exception("the metrics are not served any more")
        finally:
            os._exit(0)


def _serve(
    process: str, settings: Settings, loops: Sequence[str], reading: int, is_there: Callable[[], bool]
) -> None:
    """Serves until the pipe has no writer any more. is_there: whether the process it is about still lives."""
    from deploys.telemetry.exposition import Exposition  # prometheus_client is loaded here alone

    state = ProcessState(process, loops, is_there=is_there)
    exposition = Exposition(process, settings.redis_url, state, installed_version())
    address = (settings.metrics_host, settings.metrics_port or 0)
    threading.Thread(target=_listen, args=(address, exposition, state), daemon=True).start()
    with os.fdopen(reading, "rb") as reports:
        for line in reports:
            exposition.take(line)


def _listen(address: tuple[str, int], exposition: Exposition, state: ProcessState) -> None:
    """Serves, as soon as the port is free."""
    for attempt in itertools.count():
        try:
            server = MetricsServer(address, exposition.text, state, exposition.ping_redis)
        except OSError as error:
            if attempt == 0:
                log.error(
                    "the port for metrics cannot be used; Slipway works without, and tries again",
                    host=address[0],
                    port=address[1],
                    error=str(error),
                )
            time.sleep(RETRY_PORT_SECONDS)
        else:
            log.info("metrics are served", process=state.process, host=address[0], port=server.server_port)
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
    ) -> None:
        """ping_redis: an empty text, or what is wrong with Redis.

        Raises:
            OSError: the address cannot be used.
        """
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.scrape = scrape
        self.state = state
        self.ping_redis = ping_redis
        super().__init__(address, _Handler)

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
        state = self.server.state
        match self.path.partition("?")[0]:
            case "/metrics":
                self._answer(HTTPStatus.OK, self.server.scrape(), "text/plain; version=0.0.4; charset=utf-8")
            case "/healthz":
                self._answer_problem(state.health_problem())
            case "/readyz":
                self._answer_problem(state.readiness_problem() or self.server.ping_redis())
            case _:
                self._answer(HTTPStatus.NOT_FOUND, b"not found: there are /metrics, /healthz and /readyz\n")

    def do_HEAD(self) -> None:
        self.do_GET()

    def _answer_problem(self, problem: str) -> None:
        status = HTTPStatus.SERVICE_UNAVAILABLE if problem else HTTPStatus.OK
        self._answer(status, f"{problem or 'ok'}\n".encode())

    def _answer(self, status: HTTPStatus, body: bytes, kind: str = "text/plain; charset=utf-8") -> None:
        self.send_response_only(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            with suppress(OSError):
                self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Logs nothing: there is a scrape every few seconds."""
