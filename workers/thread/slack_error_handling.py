"""What a failed call to Slack means for the thread, and when to try again.

Error names are those of the Web API's method pages (docs.slack.dev/reference/methods).
"""

from __future__ import annotations

import random
import re
from enum import Enum
from http.client import HTTPException
from socket import gaierror
from urllib.error import URLError

from slack_sdk.errors import SlackApiError, SlackClientError

from deploys.safe_text import one_safe_line
from deploys.slack_errors import slack_error_reason

CALL_FAILURES = (SlackClientError, OSError, HTTPException)
"""What a call of slack_sdk's WebClient may raise: Slack's errors, and those of the connection."""


class SlackErrorKind(Enum):
    """What went wrong."""

    RATE_LIMITED = "rate limited"
    UNREACHABLE = "away"  # no answer, or one that asks to try again
    CHANNEL = "channel"  # this channel cannot be written to
    TEXT = "text"  # the text is too long
    BLOCKS = "blocks"  # Slack does not take these blocks
    CARD_GONE = "card gone"  # the message cannot be edited any more
    THREAD_GONE = "thread gone"  # the thread cannot be replied to
    TOKEN = "token"  # Slack does not take our token, or it lacks a scope
    OTHER = "other"


_ERRORS_BY_KIND: dict[SlackErrorKind, tuple[str, ...]] = {
    SlackErrorKind.RATE_LIMITED: ("ratelimited", "rate_limited", "message_limit_exceeded"),
    SlackErrorKind.UNREACHABLE: (
        "internal_error",
        "fatal_error",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
    ),
    SlackErrorKind.CHANNEL: (
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "is_inactive",
        "external_channel_migrating",
        "messages_tab_disabled",
        "method_not_supported_for_channel_type",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_non_threadable_channel",
        "restricted_action_thread_only_channel",
        "team_access_not_granted",
        "team_not_found",
    ),
    SlackErrorKind.TEXT: ("msg_too_long",),
    SlackErrorKind.BLOCKS: (
        "invalid_blocks",
        "invalid_blocks_format",
        "block_mismatch",
        "msg_blocks_too_long",
        "invalid_arguments",  # "more likely when using complex arguments like blocks"
        "view_too_large",
    ),
    SlackErrorKind.CARD_GONE: ("message_not_found", "cant_update_message", "edit_window_closed"),
    SlackErrorKind.THREAD_GONE: (
        "thread_not_found",
        "cannot_reply_to_message",
        "restricted_action_thread_locked",
    ),
    SlackErrorKind.TOKEN: (
        "not_authed",
        "invalid_auth",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "access_denied",
        "accesslimited",
        "enterprise_is_restricted",
        "org_login_required",
        "ekm_access_denied",
        "two_factor_setup_required",
    ),
}
KIND_BY_ERROR: dict[str, SlackErrorKind] = {
    name: kind for kind, names in _ERRORS_BY_KIND.items() for name in names
}
"""Others are `SlackErrorKind.OTHER`: errors about arguments that Slipway does not send, and unknown ones."""

RETRY_PAUSES: dict[SlackErrorKind, tuple[float, float]] = {
    SlackErrorKind.RATE_LIMITED: (1.0, 60.0),
    SlackErrorKind.UNREACHABLE: (1.0, 60.0),
    SlackErrorKind.CHANNEL: (60.0, 600.0),
    SlackErrorKind.TEXT: (60.0, 600.0),
    SlackErrorKind.BLOCKS: (60.0, 600.0),
    SlackErrorKind.CARD_GONE: (60.0, 600.0),
    SlackErrorKind.THREAD_GONE: (60.0, 600.0),
    SlackErrorKind.TOKEN: (60.0, 600.0),
    SlackErrorKind.OTHER: (10.0, 600.0),
}
"""First and longest pause between tries (seconds)."""

HOUR = 3600.0
GIVE_UP_SECONDS: dict[SlackErrorKind, float] = {
    SlackErrorKind.RATE_LIMITED: 24 * HOUR,
    SlackErrorKind.UNREACHABLE: 24 * HOUR,
    SlackErrorKind.CHANNEL: 6 * HOUR,
    SlackErrorKind.TEXT: 6 * HOUR,
    SlackErrorKind.BLOCKS: 6 * HOUR,
    SlackErrorKind.CARD_GONE: 6 * HOUR,
    SlackErrorKind.THREAD_GONE: 6 * HOUR,
    SlackErrorKind.TOKEN: 24 * HOUR,
    SlackErrorKind.OTHER: 6 * HOUR,
}
"""Seconds after a deploy's end for which its thread is still tried."""


class SlackCallFailed(Exception):
    """A call to Slack failed."""

    def __init__(
        self,
        kind: SlackErrorKind,
        method: str,
        detail: str,
        retry_after: float = 0.0,
        *,
        inside_slack: bool = False,
        maybe_done: bool = False,
    ) -> None:
        super().__init__(f"{method}: {detail}")
        self.kind = kind
        self.method = method
        self.detail = detail
        """Slack's error name, or the connection's error."""
        self.retry_after = retry_after
        """Seconds that Slack asked to wait; 0 when it asked for none."""
        self.inside_slack = inside_slack
        """Slack answered that it failed at this call, so this message may be the cause."""
        self.maybe_done = maybe_done
        """Nobody knows whether Slack did it: no answer came, or one that it failed on the way."""


def classify_error(method: str, error: Exception) -> SlackCallFailed:
    """What this failure of a call means."""
    if not isinstance(error, SlackApiError):
        kind = SlackErrorKind.OTHER if isinstance(error, SlackClientError) else SlackErrorKind.UNREACHABLE
        detail = f"{type(error).__name__}: {error}"[:300]
        return SlackCallFailed(kind, method, detail, maybe_done=not _was_never_sent(error))
    answer = error.response
    status = int(getattr(answer, "status_code", 200))
    data = answer.data if isinstance(answer.data, dict) else {}
    name = slack_error_reason(status, data)
    if status == 429:
        return SlackCallFailed(
            SlackErrorKind.RATE_LIMITED, method, "ratelimited", _retry_after(answer.headers)
        )
    if status >= 500:
        return SlackCallFailed(SlackErrorKind.UNREACHABLE, method, f"HTTP {status}", maybe_done=True)
    kind = KIND_BY_ERROR.get(name, SlackErrorKind.OTHER)
    metadata = data.get("response_metadata") or {}
    messages = metadata.get("messages") if isinstance(metadata, dict) else None
    detail = f"{name} {messages}" if messages else name
    return SlackCallFailed(
        kind,
        method,
        one_safe_line(detail)[:500],
        1.0 if kind is SlackErrorKind.RATE_LIMITED else 0.0,
        inside_slack=name in ("internal_error", "fatal_error"),
        maybe_done=kind is SlackErrorKind.UNREACHABLE,
    )


def _was_never_sent(error: Exception) -> bool:
    """Whether there was no connection to send the call over."""
    reason = error.reason if isinstance(error, URLError) else error
    return isinstance(reason, ConnectionRefusedError | gaierror | SlackClientError)


def retry_pause(kind: SlackErrorKind, tries: int) -> float:
    """Seconds until the next try after so many failed ones in a row: doubling, with jitter."""
    first, longest = RETRY_PAUSES[kind]
    full: float = min(longest, first * 2.0 ** min(max(tries - 1, 0), 30))
    return full * random.uniform(0.8, 1.0)


def _retry_after(headers: dict[str, str]) -> float:
    for name, value in headers.items():
        if name.lower() == "retry-after":
            if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", value.strip()):
                return max(1.0, float(value))
            break
    return 30.0  # Slack always names it; a proxy between us may not
