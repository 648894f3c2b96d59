"""Causes that could not be read."""

from __future__ import annotations

from deploys.mrkdwn import code
from workers.flows.words.reasons import without_promise


def tasks(what: str, *, passes: bool) -> str:
    """what: AWS's error, which says what to do where it does not pass by itself."""
    elsewhere = " The ECS console shows it, among the service's stopped tasks." if passes else ""
    return f"I could not read which tasks failed, and why: {without_promise(what)}{elsewhere}"


def log(what: str, container: str, *, passes: bool) -> str:
    """The same of a container's last lines."""
    elsewhere = " CloudWatch Logs has them." if passes else ""
    return f"I could not read the last lines of {code(container)}: {without_promise(what)}{elsewhere}"
