"""Causes that could not be read."""

from __future__ import annotations

from deploys.mrkdwn import code
from workers.messages.rollback_reasons import without_retry_promise


def tasks_unreadable(error: str, *, temporary: bool) -> str:
    """what: AWS's error, which says what to do where it does not pass by itself."""
    elsewhere = " The ECS console shows it, among the service's stopped tasks." if temporary else ""
    return f"I could not read which tasks failed, and why: {without_retry_promise(error)}{elsewhere}"


def log_unreadable(error: str, container: str, *, temporary: bool) -> str:
    """The same of a container's last lines."""
    elsewhere = " CloudWatch Logs has them." if temporary else ""
    return f"I could not read the last lines of {code(container)}: {without_retry_promise(error)}{elsewhere}"
