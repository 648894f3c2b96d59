"""How long Slack waits for what, all in seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SlackTimeouts:
    """Slack's own values (docs.slack.dev); a test may shorten them.

    `event_retries` are the pauses before the three repeats of an event nobody took.
    """

    acknowledge: float = 3.0
    trigger: float = 3.0
    response_url: float = 30 * 60
    event_retry_pauses: tuple[float, ...] = (1.0, 60.0, 300.0)
    socket_ticket: float = 30.0
