"""The app, and how it is served: over HTTP by the gunicorn of Slipway, or by Bolt in Socket Mode."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

from slack_bolt import Ack, App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_sdk import WebClient


def build_app() -> App:
    """Acknowledges `/deploy` with a text."""
    client = WebClient(token=os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"])
    client.proxy = None
    app = App(client=client, signing_secret=os.environ["SLACK_SIGNING_SECRET"])

    def acknowledge(ack: Ack) -> None:
        ack("Queued.")

    app.command("/deploy")(acknowledge)
    return app


class BareWebApp:
    """The app for gunicorn; with what Slipway's configuration of gunicorn calls."""

    def __init__(self) -> None:
        self._handler = SlackRequestHandler(build_app(), path="/slack/events")

    def start(self) -> None:
        """It has nothing to start."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/healthz":
            start_response("200 OK", [("content-length", "2")])
            return [b"ok"]
        answer: Iterable[bytes] = self._handler(environ, start_response)
        return answer


def main() -> None:
    """Serves by Socket Mode until SIGTERM."""
    handler = SocketModeHandler(build_app(), os.environ["SLACK_APP_TOKEN"])
    handler.client.web_client.proxy = None
    handler.connect()
    sys.stdout.write("connected\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main()
