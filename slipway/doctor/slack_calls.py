"""Calls to Slack, and what time Slack and AWS say it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.identity import describe_slack_error

CALL_SECONDS = 5
"""How long one call to Slack may take (seconds)."""


@dataclass(frozen=True)
class DatedAnswer:
    """The date that an answer states, and this machine's time around the call (epoch seconds)."""

    date: str
    asked_at: float
    answered_at: float


@dataclass(frozen=True)
class SlackAnswer:
    """What Slack answered to one call."""

    data: Mapping[str, Any]
    headers: Mapping[str, str]
    error: str
    """Why it failed; empty if it did not."""
    answered: bool
    """Whether Slack said so itself: otherwise it could not be reached, or did not work."""
    asked_at: float = 0.0
    answered_at: float = 0.0

    @property
    def dated(self) -> DatedAnswer | None:
        """Slack's time, if it stated one."""
        date = self.headers.get("date", "")
        return DatedAnswer(date, self.asked_at, self.answered_at) if date else None


def call_slack(
    url: str, token: str, method: str, params: Mapping[str, Any], now: Callable[[], float]
) -> SlackAnswer:
    """One call, without a second try. url: of the Web API."""
    client = WebClient(token=token, base_url=url, timeout=CALL_SECONDS, retry_handlers=[])
    asked_at = now()
    try:
        answer = client.api_call(method, params=dict(params))
    except SlackApiError as error:
        status, headers = error.response.status_code, _with_lower_names(error.response.headers)
        answered = status < 500 and status != 429
        return SlackAnswer({}, headers, describe_slack_error(error), answered, asked_at, now())
    except (SlackClientError, OSError) as error:
        why = error.reason if isinstance(error, URLError) else error
        named = why.strerror if isinstance(why, OSError) and why.strerror else describe_slack_error(error)
        return SlackAnswer({}, {}, named, answered=False)
    data = answer.data if isinstance(answer.data, dict) else {}
    return SlackAnswer(data, _with_lower_names(answer.headers), "", True, asked_at, now())


def _with_lower_names(headers: Mapping[str, Any]) -> dict[str, str]:
    return {
        name.lower(): value if isinstance(value, str) else ",".join(value) for name, value in headers.items()
    }
