"""Counts and traces the calls to Slack's Web API. It knows no library of Slack's: both rooms that call Slack
give their client this class as well."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from deploys.telemetry.metrics import SLACK_CALLS, SLACK_SECONDS
from deploys.telemetry.tracing import TRACING


class ObservedCalls:
    """For a WebClient: `class Client(ObservedCalls, WebClient)`."""

    def api_call(self, api_method: str, **arguments: Any) -> Any:
        """One call, as the client makes it."""
        with slack_call(api_method):
            return super().api_call(api_method, **arguments)  # type: ignore[misc]


@dataclass
class SlackCall:
    """One call."""

    result: str = "ok"
    """One of `CALL_RESULTS`."""


@contextmanager
def slack_call(method: str) -> Iterator[SlackCall]:
    """A call to Slack, whose errors have slack_sdk's `response` if Slack answered. The block may set another
    result."""
    began, call = time.monotonic(), SlackCall()
    with TRACING.span(f"slack {method}"):
        try:
            yield call
        except Exception as error:
            call.result = call_result(error)
            raise
        finally:
            SLACK_CALLS.add(method=method, result=call.result)
            SLACK_SECONDS.observe(time.monotonic() - began, method=method)


def call_result(error: Exception) -> str:
    """One of `CALL_RESULTS` for a call that failed."""
    response = getattr(error, "response", None)
    if response is None:
        return "failed"
    # Slack answers many of its refusals with HTTP 200.
    return "refused" if response.status_code < 400 else result_of_status(response.status_code)


def result_of_status(status: int) -> str:
    """One of `CALL_RESULTS` for the HTTP status of an answer."""
    if status == 429:
        return "throttled"
    return "failed" if status >= 500 else "refused" if status >= 400 else "ok"
