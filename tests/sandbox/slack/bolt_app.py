"""A real Bolt app that handles everything, over Socket Mode or HTTP, and answers as the test wants."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from slack_bolt import App, BoltRequest
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_sdk import WebClient

from sandbox.slack import SlackSandbox, SlackTimeouts
from tests.sandbox.slack.manifests import ALL_EVENTS, build_manifest

Answer = Callable[..., Any]
Json = dict[str, Any]

# Short enough for tests that wait for it, long enough for a busy machine.
ACKNOWLEDGE_SECONDS = 1.5
SHORT_TIMEOUTS = SlackTimeouts(acknowledge=ACKNOWLEDGE_SECONDS, event_retry_pauses=(0.05, 0.1, 0.1))

_EVERYTHING = re.compile(".*")


def _ack_only(ack: Any, _body: Json, _respond: Any) -> None:
    ack()


def _no_options(ack: Any, _body: Json, _respond: Any) -> None:
    ack(options=[])


class RecordingApp:
    """Records what it receives and answers with `answers[kind]`, or with ack()."""

    def __init__(self, client: WebClient, signing_secret: str) -> None:
        self.client = client
        self.received: list[Json] = []
        self.answers: dict[str, Answer] = {}
        self.bolt = App(client=client, signing_secret=signing_secret, token_verification_enabled=False)
        self.bolt.use(self._record)
        self._listen()

    def reset(self) -> None:
        self.received.clear()
        self.answers.clear()

    def bodies(self, kind: str) -> list[Json]:
        """The received bodies of one payload type or event type."""
        return [
            body for body in self.received if kind in (body.get("type"), body.get("event", {}).get("type"))
        ]

    def commands(self) -> list[Json]:
        return [body for body in self.received if "command" in body]

    def _record(self, request: BoltRequest, body: Json, next: Callable[[], None]) -> None:
        self.received.append({**body, "_retry": request.headers.get("x-slack-retry-num", [])})
        next()

    def _listen(self) -> None:
        self.bolt.command(_EVERYTHING)(self._answer_command)
        self.bolt.event(_EVERYTHING)(self._answer_event)
        self.bolt.action(_EVERYTHING)(self._answer_action)
        self.bolt.view(_EVERYTHING)(self._answer_view)
        self.bolt.view_closed(_EVERYTHING)(self._answer_view_closed)
        self.bolt.options(_EVERYTHING)(self._answer_options)
        self.bolt.shortcut(_EVERYTHING)(self._answer_shortcut)

    def _answer(self, kind: str, otherwise: Answer = _ack_only) -> Answer:
        return self.answers.get(kind, otherwise)

    def _answer_command(self, ack: Any, body: Json, respond: Any) -> None:
        self._answer("command")(ack, body, respond)

    def _answer_event(self, ack: Any, body: Json) -> None:
        self._answer("event")(ack, body, None)

    def _answer_action(self, ack: Any, body: Json, respond: Any) -> None:
        self._answer("action")(ack, body, respond)

    def _answer_view(self, ack: Any, body: Json) -> None:
        self._answer("view")(ack, body, None)

    def _answer_view_closed(self, ack: Any, body: Json) -> None:
        self._answer("view_closed")(ack, body, None)

    def _answer_options(self, ack: Any, body: Json) -> None:
        self._answer("options", _no_options)(ack, body, None)

    def _answer_shortcut(self, ack: Any, body: Json) -> None:
        self._answer("shortcut")(ack, body, None)


class ConnectedApp:
    """A sandbox and the app connected to it."""

    def __init__(
        self, mode: str, slack: SlackSandbox, app: RecordingApp, serve: Callable[[Any], None] | None = None
    ) -> None:
        self.mode = mode
        self.slack = slack
        self.app = app
        self.client = app.client
        self._serve = serve

    def replace_app(self, application: Any) -> None:
        """Replaces the Bolt app with another WSGI application."""
        assert self._serve is not None, "a Socket Mode app has no HTTP server"
        self._serve(application)

    def reset(self) -> None:
        self.app.reset()
        self.slack.clear_faults()


@contextmanager
def app_over_socket_mode(**changes: Any) -> Iterator[ConnectedApp]:
    with SlackSandbox(
        build_manifest(events=ALL_EVENTS, **changes), rate_limits=False, timeouts=SHORT_TIMEOUTS
    ) as slack:
        app = RecordingApp(WebClient(slack.bot_token, slack.api_url), slack.signing_secret)
        handler = SocketModeHandler(app.bolt, slack.app_token)
        handler.connect()
        slack.wait_until(lambda: slack.health()["connections"] == 1)
        try:
            yield ConnectedApp("socket", slack, app)
        finally:
            close_from_slack_side(handler, slack)


@contextmanager
def app_over_http(**changes: Any) -> Iterator[ConnectedApp]:
    secret = "another-signing-secret"
    with running_http_server() as (url, server):
        described = build_manifest(events=ALL_EVENTS, url=url, **changes)
        with SlackSandbox(
            described, rate_limits=False, timeouts=SHORT_TIMEOUTS, signing_secret=secret
        ) as slack:
            app = RecordingApp(WebClient(slack.bot_token, slack.api_url), secret)
            server.set_app(SlackRequestHandler(app.bolt, path="/slack/events"))
            yield ConnectedApp("http", slack, app, server.set_app)


class _ThreadingWsgiServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _QuietRequestHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: a test's output is for its failures."""


@contextmanager
def running_http_server() -> Iterator[tuple[str, WSGIServer]]:
    """An HTTP server on a free port. Its application is set with set_app."""
    with _ThreadingWsgiServer(("127.0.0.1", 0), _QuietRequestHandler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/slack/events", server
        finally:
            server.shutdown()
            thread.join(5)


def close_from_slack_side(handler: SocketModeHandler, slack: SlackSandbox) -> None:
    """Closes the connection from Slack's side first, since slack_sdk's close() waits for the next message."""
    handler.client.auto_reconnect_enabled = False
    handler.client.default_auto_reconnect_enabled = False
    with contextlib.suppress(Exception):
        slack.add_fault("outage", seconds=0.01)
    try:
        handler.close()
    except AttributeError:  # slack_sdk's reader closed the socket at the same time as close()
        handler.close()
