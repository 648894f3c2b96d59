"""The response_url that Slack sends along with a slash command."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from sandbox.slack import SlackSandbox
from workers.thread.slack_client import slack_client


@contextmanager
def receive_response_url(slack: SlackSandbox, typed: str) -> Iterator[str]:
    """The response_url that Slack sends when alice types this in #general while the app is connected."""
    client = SocketModeClient(slack.app_token, web_client=slack_client(slack.bot_token, slack.api_url))
    client.proxy = None
    arrived: list[str] = []
    here = threading.Event()

    def take(receiver: BaseSocketModeClient, request: SocketModeRequest) -> None:
        receiver.send_socket_mode_response(SocketModeResponse(request.envelope_id))
        arrived.append(str(request.payload["response_url"]))
        here.set()

    client.socket_mode_request_listeners.append(take)
    client.connect()
    slack.wait_until(lambda: slack.health()["connections"])
    slack.say("alice", "general", typed)
    assert here.wait(10)
    yield arrived[0]
    # If a runner has just taken up the connection, it forgets that the client was closed, and `close` would
    # wait for it forever. So the connection ends first.
    client.auto_reconnect_enabled = False
    _end_connection(client)
    client.disconnect()
    client.close()


def _end_connection(client: SocketModeClient) -> None:
    """Its reader waits for seconds for a message, and `disconnect` would wait for it."""
    with suppress(OSError, AttributeError):  # closed already
        client.current_session.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
