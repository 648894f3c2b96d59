"""One WebSocket to Slack."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
import websocket

log = structlog.get_logger()

CONNECT_TIMEOUT_SECONDS = 10.0
PING_SECONDS = 10.0
DEAD_AFTER_SECONDS = 30.0
"""After so long without a message, or the answer to a ping, the connection is dead."""


class SlackWebSocket:
    """Reads messages in its own thread until it ends; writes from any thread."""

    def __init__(
        self,
        url: str,
        on_message: Callable[[SlackWebSocket, dict[str, Any]], None],
        on_end: Callable[[SlackWebSocket], None],
    ) -> None:
        self._on_message = on_message
        self._on_end = on_end
        self._socket = websocket.create_connection(
            url, timeout=CONNECT_TIMEOUT_SECONDS, enable_multithread=True
        )
        self._socket.settimeout(PING_SECONDS)
        self._closing = False
        self._reader = threading.Thread(target=self._read, name="slack-socket", daemon=True)

    def start(self) -> None:
        """Starts to read."""
        self._reader.start()

    def send(self, message: dict[str, Any]) -> bool:
        """Sends a message; returns whether it went out. After `close` none does."""
        if self._closing:
            return False
        try:
            self._socket.send(json.dumps(message))
        except (OSError, websocket.WebSocketException):
            return False
        return True

    def close(self) -> None:
        """Sends a close frame; the reader ends when Slack sends one too, or no message comes any more."""
        self._closing = True
        with suppress(OSError, websocket.WebSocketException):
            self._socket.send_close()

    def wait(self, seconds: float) -> None:
        """Waits until the reader has ended."""
        if self._reader.is_alive():
            self._reader.join(seconds)

    def _read(self) -> None:
        heard_at = time.monotonic()
        try:
            while time.monotonic() - heard_at < DEAD_AFTER_SECONDS:
                try:
                    opcode, frame = self._socket.recv_data_frame(control_frame=True)
                except websocket.WebSocketTimeoutException:
                    if self._closing:
                        return
                    self._socket.ping()
                    continue
                heard_at = time.monotonic()
                if opcode == websocket.ABNF.OPCODE_CLOSE:
                    return
                if opcode == websocket.ABNF.OPCODE_TEXT:
                    self._dispatch(frame.data)
        except (OSError, websocket.WebSocketException) as error:
            log.info("the connection to Slack ended", why=type(error).__name__)
        finally:
            with suppress(OSError):
                self._socket.shutdown()  # type: ignore[no-untyped-call]
            self._on_end(self)

    def _dispatch(self, data: bytes) -> None:
        try:
            message = json.loads(data)
        except (ValueError, RecursionError):
            log.warning("Slack sent something that is not JSON, or nested too deep")
            return
        if isinstance(message, dict):
            self._on_message(self, message)
