"""Why a call to Slack failed, in words that are never empty."""

from __future__ import annotations

_NOT_JSON = "Received a response in a non-JSON format: "
"""What slack_sdk puts in the place of an error's name, with the body behind it."""


def slack_error_reason(status: int, data: object) -> str:
    """Slack's name of the error; if the answer has none, such as a proxy's, the HTTP status and the body.

    `data` is the body as slack_sdk read it.
    """
    stated = data.get("error") if isinstance(data, dict) else None
    if isinstance(stated, str) and stated and not stated.startswith(_NOT_JSON):
        return stated[:300]
    body = " ".join(str(stated or "").removeprefix(_NOT_JSON).split())[:200]
    return f"HTTP {status}: {body}" if body else f"HTTP {status} without a reason"


def exception_reason(error: Exception) -> str:
    """The first line of what an exception says, or its name if it says nothing."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
