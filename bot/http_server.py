"""gunicorn, made to outlast requests that never arrive whole, and to log as Slipway does.

gunicorn's threads wait for the rest of a request as long as its sender likes: as many half-sent requests as
there are threads would keep everybody else out, health checks too.
"""

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

READ_TIMEOUT_SECONDS = 5.0
"""How long a thread waits for a request to be there whole. Slack's fit into a packet or two."""
HEALTH_REQUESTS = tuple(f"{method} {HEALTH_PATH} ".encode() for method in ("GET", "HEAD"))
PEEK_BYTES = 4096
"""Bytes in which a health check has to stand whole, to be answered by the thread for it."""


class HttpWorker(ThreadWorker):  # type: ignore[misc]
    """Threads that give up on what does not arrive, and one that answers health checks alone."""

    def init_process(self) -> None:
        """Before the loop begins, which never returns."""
        self._reading: dict[Any, float] = {}
        self._health = ThreadPoolExecutor(1, thread_name_prefix="health")
        super().init_process()

    def enqueue_req(self, conn: Any) -> None:
        """A new connection takes no thread until something of its request is there."""
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
        """Called by the loop about once a second. What is read whole by then is answered all the same."""
        super().murder_pending()
        now = time.monotonic()
        for conn, until in list(self._reading.items()):
            if now >= until:
                with suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RD)


def _is_health_check(sock: socket.socket) -> bool:
    """Whether all of a health check is there already; nothing is taken out of the socket."""
    try:
        begin = sock.recv(PEEK_BYTES, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except (OSError, ValueError):
        return False
    return begin.startswith(HEALTH_REQUESTS) and b"\r\n\r\n" in begin


class HttpLog(Logger):  # type: ignore[misc]
    """gunicorn's lines go where Slipway's go, in the same form."""

    def setup(self, cfg: Any) -> None:
        """A file or syslog that gunicorn was given keeps its lines."""
        super().setup(cfg)
        if cfg.errorlog == "-":
            self.error_log.handlers = [_ForwardToRoot()]


class _ForwardToRoot(logging.Handler):
    """Hands a line to the root's handlers, which the loading of the app sets up."""

    def emit(self, record: logging.LogRecord) -> None:
        logging.getLogger().callHandlers(record)
