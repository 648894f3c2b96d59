"""SlackSandbox: the played Slack as a server in a thread of this process."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

import uvicorn
from starlette.types import ASGIApp

from sandbox.slack.client import SlackClient
from sandbox.slack.routes import build_application
from sandbox.slack.slack_limits import RateLimits, SlackTimeouts
from sandbox.slack.team.app_manifest import read_manifest
from sandbox.slack.team.installation import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, AppInstallation
from sandbox.slack.team.workspace import APP_ID
from sandbox.slack.workspace_state import ExampleText, build_state

_START_TIMEOUT_SECONDS = 15.0
_STOP_TIMEOUT_SECONDS = 15.0
_CLOSE_POLL_SECONDS = 0.002


class SlackSandbox(SlackClient):
    """A Slack workspace on 127.0.0.1, started and stopped by `with`; also its own client.

    `rate_factor` 2 allows twice as many calls as Slack. Port 0 takes a free one.

    Raises:
        ManifestError: the manifest cannot be installed
        OSError: the port is taken
    """

    def __init__(
        self,
        manifest: Path | Mapping[str, Any],
        *,
        port: int = 0,
        rate_limits: bool = True,
        rate_factor: float = 1.0,
        timeouts: SlackTimeouts | None = None,
        bot_token: str = BOT_TOKEN,
        app_token: str = APP_TOKEN,
        signing_secret: str = SIGNING_SECRET,
        app_of_app_token: str = APP_ID,
        app_token_scopes: tuple[str, ...] = ("connections:write",),
        examples: Sequence[ExampleText] = (),
    ) -> None:
        self.installation = AppInstallation(
            read_manifest(manifest),
            bot_token,
            app_token,
            signing_secret,
            app_of_app_token=app_of_app_token,
            app_token_scopes=app_token_scopes,
        )
        self.bot_token = bot_token
        self.app_token = app_token
        self.signing_secret = signing_secret
        self._listening = listening_socket(port)
        self._limits = RateLimits(rate_limits, rate_factor)
        self._timeouts = timeouts or SlackTimeouts()
        super().__init__(f"http://127.0.0.1:{self._listening.getsockname()[1]}/")
        self.api_url = self.url + "api/"
        state = build_state(self.url, self.installation, self._timeouts, self._limits, tuple(examples))
        self._server = build_server(build_application(state))
        self._thread = threading.Thread(target=self._serve, name="sandbox-slack", daemon=True)

    def start(self) -> Self:
        """Raises TimeoutError if the server does not start."""
        self._thread.start()
        if not self._server.ready.wait(_START_TIMEOUT_SECONDS) or not self._server.started:
            raise TimeoutError("The played Slack did not start; its log says why.")
        return self

    def stop(self) -> None:
        self._server.stop()
        if self._thread.is_alive():
            self._thread.join(_STOP_TIMEOUT_SECONDS)
        self.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _serve(self) -> None:
        try:
            self._server.run(sockets=[self._listening])
        finally:
            self._server.ready.set()


class PromptServer(uvicorn.Server):
    """A uvicorn server that says when it has started, and stops at once: uvicorn asks every tenth of a second
    whether to stop, and waits at least as long for connections to close."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """From any thread, or from the handler of a signal."""
        self.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended already
                self._loop.call_soon_threadsafe(self._stopping.set)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self.stop()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets=sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        await self.on_tick(0)  # sets the headers of every answer
        await self._stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listening in sockets or []:
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        try:
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                while self.server_state.connections or self.server_state.tasks:
                    await asyncio.sleep(_CLOSE_POLL_SECONDS)
        except TimeoutError:
            for task in self.server_state.tasks:
                task.cancel()
        await self.lifespan.shutdown()


def listening_socket(port: int) -> socket.socket:
    # asyncio turns off Nagle's algorithm only for sockets that name TCP; with it each body comes 40 ms late.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(128)
    return listening


def build_server(app: ASGIApp) -> PromptServer:
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        date_header=False,  # answers of the Web API have their own
        lifespan="on",
        timeout_graceful_shutdown=1,
        ws_max_size=2**22,
    )
    return PromptServer(config)
