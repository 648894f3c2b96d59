"""A threaded WSGI server on this machine's loopback address, and moto as a WSGI application."""

from __future__ import annotations

import socket
import threading
from functools import lru_cache
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from sandbox.ecs.http.responses import WsgiApp

HOST = "127.0.0.1"


class _QuietHandler(MotoRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Log nothing: a line for each request would bury the output of the demo."""

    def connection_dropped(self, error: BaseException, environ: dict[str, Any] | None = None) -> None:
        """The client has disconnected, or a fault dropped the connection."""
        self.close_connection = True


class EcsHttpServer:
    """Serves until `close()`. Raises OSError if the port is taken."""

    def __init__(self, port: int, app: WsgiApp) -> None:
        with socket.create_server((HOST, port)) as listening:
            self.url = f"http://{HOST}:{listening.getsockname()[1]}"
            self._server: BaseWSGIServer = make_server(
                HOST, port, app, threaded=True, request_handler=_QuietHandler, fd=listening.fileno()
            )
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="sandbox-ecs", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class MotoApp(DomainDispatcherApplication):
    """Remembers the backend of each host. moto searches its folders again for every request."""

    def __init__(self) -> None:
        super().__init__(create_backend_app)
        self._known: dict[str | None, Any] = {}

    def get_backend_for_host(self, host: str | None) -> Any:
        if host not in self._known:
            self._known[host] = super().get_backend_for_host(host)
        return self._known[host]


@lru_cache(maxsize=1)
def moto_app() -> MotoApp:
    """One for the process: its Flask applications hold no state and are slow to build."""
    return MotoApp()
