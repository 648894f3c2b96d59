"""gunicorn, changed so that incomplete requests cannot block it, and so that it logs as Slipway does.

gunicorn's threads wait for the rest of a request as long as its sender likes. As many half-sent requests as
there are threads would block everybody else, and health checks too."""

from __future__ import annotations

import logging
import selectors
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

from bot.web import HEALTH_PATH
from deploys.redaction import redact
from deploys.telemetry.metrics_pipe import METRICS_PIPE

READ_TIMEOUT_SECONDS = 5.0
"""How long a thread waits for the whole request. Slack's fit into a packet or two."""
HEALTH_REQUESTS = tuple(f"{method} {HEALTH_PATH} ".encode() for method in ("GET", "HEAD"))
PEEK_BYTES = 4096
"""Bytes that must hold a whole health check, so that the thread for health checks answers it."""


class HttpWorker(ThreadWorker):  # type: ignore[misc]
    """Threads that give up on incomplete requests, and one thread for health checks only."""

    def init_process(self) -> None:
        """Runs before the loop, which never returns."""
        self._reading: dict[Any, float] = {}
        self._health = ThreadPoolExecutor(1, thread_name_prefix="health")
        super().init_process()

    def enqueue_req(self, conn: Any) -> None:
        """A new connection takes no thread until its request begins to arrive."""
        if not conn.initialized and not conn.data_ready:
            conn.sock.setblocking(False)
            conn.timeout = time.monotonic() + self.cfg.keepalive
            self.pending_conns.append(conn)
            self.poller.register(
                conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn)
            )
        elif _is_health_check(conn.sock):
            self._health.submit(self.handle, conn).add_done_callback(partial(self._finish, conn))
        else:
            super().enqueue_req(conn)

    def _finish(self, conn: Any, done: Future[Any]) -> None:
        self.method_queue.defer(self.finish_request, conn, done)

    def handle(self, conn: Any) -> Any:
        """Runs in a thread of the pool, which waits for the rest of the request until its deadline."""
        self._reading[conn] = time.monotonic() + READ_TIMEOUT_SECONDS
        try:
            return super().handle(conn)
        finally:
            del self._reading[conn]

    def murder_pending(self) -> None:
        """Called by the loop about once a second. A request that is complete by then still gets its
        answer."""
        METRICS_PIPE.looped()
        super().murder_pending()
        now = time.monotonic()
        for conn, until in list(self._reading.items()):
            if now >= until:
                with suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RD)


def _is_health_check(sock: socket.socket) -> bool:
    """Whether a whole health check has arrived. It stays in the socket."""
    try:
        begin = sock.recv(PEEK_BYTES, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except (OSError, ValueError):
        return False
    return begin.startswith(HEALTH_REQUESTS) and b"\r\n\r\n" in begin


class HttpLog(Logger):  # type: ignore[misc]
    """gunicorn's log lines go where Slipway's go, in the same format."""

    def setup(self, cfg: Any) -> None:
        """If gunicorn was given a file or syslog, its lines go there."""
        super().setup(cfg)
        if cfg.errorlog == "-":
            self.error_log.handlers = [_ForwardToRoot()]
        for handler in (*self.error_log.handlers, *self.access_log.handlers):
            handler.setFormatter(_RedactingFormatter(handler.formatter or logging.Formatter()))


class _RedactingFormatter(logging.Formatter):
    """Another formatter's lines, without secrets."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self._formatter = formatter

    def format(self, record: logging.LogRecord) -> str:
        """The line, with its traceback."""
        return redact(self._formatter.format(record))


class _ForwardToRoot(logging.Handler):
    """Passes a line to the handlers of the root logger, which the app sets up when it is loaded."""

    def emit(self, record: logging.LogRecord) -> None:
        logging.getLogger().callHandlers(record)
