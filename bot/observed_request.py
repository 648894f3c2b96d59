"""Measures, logs and traces how a request of Slack's is answered."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from structlog.contextvars import get_contextvars, unbind_contextvars

from bot.payload_check import is_click, is_command, is_search, is_shortcut, is_submission
from deploys.telemetry.metrics import ACK_SECONDS
from deploys.telemetry.tracing import TRACING

log = structlog.get_logger()


@contextmanager
def observed_request(body: Any, arrived: float) -> Iterator[None]:
    """The block answers the request. arrived: on the monotonic clock.

    What the block binds to the log, such as the deploy that it is about, ends with it: the thread takes
    another request next.
    """
    kind = request_kind(body)
    try:
        with TRACING.span(f"request {kind}"):
            yield
    finally:
        took = time.monotonic() - arrived
        if "deploy" in get_contextvars():  # others may come from anybody, as often as they like
            log.info("request answered", kind=kind, seconds=round(took, 3))
        unbind_contextvars("deploy")
        ACK_SECONDS.observe(took, kind=kind)


def request_kind(body: Any) -> str:
    """One of `REQUEST_KINDS`. Nothing of the body is checked yet."""
    if not isinstance(body, dict):
        return "other"
    if is_command(body):
        return "command"
    if is_click(body):
        return "click"
    if is_submission(body) or is_shortcut(body):
        return "form"
    if is_search(body):
        return "menu"
    return "event" if body.get("event") else "other"
