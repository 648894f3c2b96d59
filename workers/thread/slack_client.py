"""The Web API client of the workers."""

from __future__ import annotations

from urllib.parse import urlsplit

from slack_sdk import WebClient

from deploys.telemetry.slack_calls import ObservedCalls

CALL_SECONDS = 10
"""How long a call may wait for Slack (seconds)."""
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class SlackClient(ObservedCalls, WebClient):
    """A client whose calls are counted and traced."""


def slack_client(token: str, base_url: str) -> WebClient:
    """A client that never repeats a call by itself.

    slack_sdk's default handler repeats a call after a dropped connection, and a repeated chat.postMessage is
    a second message; a handler that sleeps holds a worker. The publisher tries again, at its time.
    """
    client = SlackClient(token=token, base_url=base_url, timeout=CALL_SECONDS, retry_handlers=[])
    if urlsplit(base_url).hostname in _LOOPBACK:
        client.proxy = None  # slack_sdk sends everything to HTTPS_PROXY, whatever NO_PROXY says
    return client
