"""Opens and changes modals: the only calls to Slack that the bot makes while it serves.

A `trigger_id` is good for 3 seconds, and a worker may be busy for longer, so the bot opens modals itself. No
listener waits for that: the calls are made in threads of their own, after the listener has returned.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from bot.identity import describe_slack_error
from bot.slack_client import SlackClient

log = structlog.get_logger()

CALL_SECONDS = 3
"""How long a call may wait for Slack: as long as a `trigger_id` is good (docs.slack.dev, "Modals")."""
MAX_CALLS = 4
"""Calls at the same time in one process (count)."""
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}

RunLater = Callable[[Callable[[], None]], object]


class ViewCalls:
    """Each method returns at once; what it begins never raises."""

    def __init__(self, client: WebClient, run_later: RunLater | None = None) -> None:
        """run_later: runs the calls; by default threads, which begin with the first call."""
        self._client = client
        self._run_later: RunLater = (
            run_later or ThreadPoolExecutor(MAX_CALLS, thread_name_prefix="views").submit
        )

    def open(self, trigger_id: str, view: dict[str, Any], otherwise: Callable[[], None]) -> None:
        """Opens a modal for the person whose action gave this trigger; otherwise runs what is named so."""
        self._begin(
            "views.open", lambda: self._client.views_open(trigger_id=trigger_id, view=view), otherwise
        )

    def update(self, view_id: str, view_hash: str, view: dict[str, Any]) -> None:
        """Changes an open modal, unless it has changed since it had this hash."""
        self._begin(
            "views.update",
            lambda: self._client.views_update(view_id=view_id, hash=view_hash, view=view),
            lambda: None,
        )

    def _begin(self, method: str, call: Callable[[], object], otherwise: Callable[[], None]) -> None:
        def run() -> None:
            try:
                call()
            except (SlackClientError, OSError, HTTPException) as error:
                log.warning("a modal was not shown", method=method, error=describe_slack_error(error))
                otherwise()

        self._run_later(run)


def view_client(token: str, api_url: str) -> WebClient:
    """A client that repeats nothing: a second try would come after the `trigger_id`."""
    client = SlackClient(token=token, base_url=api_url, timeout=CALL_SECONDS, retry_handlers=[])
    if urlsplit(api_url).hostname in _LOOPBACK:
        client.proxy = None  # slack_sdk sends everything to HTTPS_PROXY, whatever NO_PROXY says
    return client
