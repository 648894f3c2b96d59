"""What a failed call to Slack means for the thread, and when to try again.

Error names are those of the Web API's method pages (docs.slack.dev/reference/methods).
"""

from __future__ import annotations

import random
import re
from enum import Enum
from http.client import HTTPException

from slack_sdk.errors import SlackApiError, SlackClientError

from deploys.safe_text import safe_line
from deploys.slack_reason import reason

CALL_FAILURES = (SlackClientError, OSError, HTTPException)
"""What a call of slack_sdk's WebClient may raise: Slack's errors, and those of the connection."""


class Kind(Enum):
    """What is the matter."""

    RATE_LIMITED = "rate limited"
    AWAY = "away"  # no answer, or one that asks to try again
    CHANNEL = "channel"  # this channel cannot be written to
    TEXT = "text"  # the text is too long
    BLOCKS = "blocks"  # Slack does not take these blocks
    CARD_GONE = "card gone"  # the message cannot be edited any more
    THREAD_GONE = "thread gone"  # the thread cannot be replied to
    TOKEN = "token"  # Slack does not take our token, or it lacks a scope
    OTHER = "other"


_KINDS: dict[Kind, tuple[str, ...]] = {
    Kind.RATE_LIMITED: ("ratelimited", "rate_limited", "message_limit_exceeded"),
    Kind.AWAY: (
        "internal_error",
        "fatal_error",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
    ),
    Kind.CHANNEL: (
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
    Kind.TEXT: ("msg_too_long",),
    Kind.BLOCKS: (
        "invalid_blocks",
        "invalid_blocks_format",
        "block_mismatch",
        "msg_blocks_too_long",
        "invalid_arguments",  # "more likely when using complex arguments like blocks"
        "view_too_large",
    ),
    Kind.CARD_GONE: ("message_not_found", "cant_update_message", "edit_window_closed"),
    Kind.THREAD_GONE: ("thread_not_found", "cannot_reply_to_message", "restricted_action_thread_locked"),
    Kind.TOKEN: (
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
KIND_BY_ERROR: dict[str, Kind] = {name: kind for kind, names in _KINDS.items() for name in names}
"""What is not here is `Kind.OTHER`: errors about arguments we do not send, and those nobody knows."""

PAUSES: dict[Kind, tuple[float, float]] = {
    Kind.RATE_LIMITED: (1.0, 60.0),
    Kind.AWAY: (1.0, 60.0),
    Kind.CHANNEL: (60.0, 600.0),
    Kind.TEXT: (60.0, 600.0),
    Kind.BLOCKS: (60.0, 600.0),
    Kind.CARD_GONE: (60.0, 600.0),
    Kind.THREAD_GONE: (60.0, 600.0),
    Kind.TOKEN: (60.0, 600.0),
    Kind.OTHER: (10.0, 600.0),
}
"""First and longest pause between tries (seconds)."""

HOUR = 3600.0
PATIENCE: dict[Kind, float] = {
    Kind.RATE_LIMITED: 24 * HOUR,
    Kind.AWAY: 24 * HOUR,
    Kind.CHANNEL: 6 * HOUR,
    Kind.TEXT: 6 * HOUR,
    Kind.BLOCKS: 6 * HOUR,
    Kind.CARD_GONE: 6 * HOUR,
    Kind.THREAD_GONE: 6 * HOUR,
    Kind.TOKEN: 24 * HOUR,
    Kind.OTHER: 6 * HOUR,
}
"""Seconds after a deploy's end for which its thread is still tried."""


class Trouble(Exception):
    """A call to Slack failed."""

    def __init__(
        self,
        kind: Kind,
        method: str,
        detail: str,
        retry_after: float = 0.0,
        *,
        inside_slack: bool = False,
    ) -> None:
        super().__init__(f"{method}: {detail}")
        self.kind = kind
        self.method = method
        self.detail = detail
        """Slack's error name, or what the connection said."""
        self.retry_after = retry_after
        """Seconds that Slack asked to wait; 0 when it asked for none."""
        self.inside_slack = inside_slack
        """Slack answered that it failed at this call, so that this very message may be the cause."""


def judge(method: str, error: Exception) -> Trouble:
    """What this failure of a call means."""
    if not isinstance(error, SlackApiError):
        kind = Kind.OTHER if isinstance(error, SlackClientError) else Kind.AWAY
        return Trouble(kind, method, f"{type(error).__name__}: {error}"[:300])
    answer = error.response
    status = int(getattr(answer, "status_code", 200))
    data = answer.data if isinstance(answer.data, dict) else {}
    name = reason(status, data)
    if status == 429:
        return Trouble(Kind.RATE_LIMITED, method, "ratelimited", _retry_after(answer.headers))
    if status >= 500:
        return Trouble(Kind.AWAY, method, f"HTTP {status}")
    kind = KIND_BY_ERROR.get(name, Kind.OTHER)
    said = data.get("response_metadata") or {}
    messages = said.get("messages") if isinstance(said, dict) else None
    detail = f"{name} {messages}" if messages else name
    return Trouble(
        kind,
        method,
        safe_line(detail)[:500],
        1.0 if kind is Kind.RATE_LIMITED else 0.0,
        inside_slack=name in ("internal_error", "fatal_error"),
    )


def pause(kind: Kind, tries: int) -> float:
    """Seconds until the next try after so many failed ones in a row: doubling, a bit apart from others'."""
    first, longest = PAUSES[kind]
    full: float = min(longest, first * 2.0 ** min(max(tries - 1, 0), 30))
    return full * random.uniform(0.8, 1.0)


def _retry_after(headers: dict[str, str]) -> float:
    for name, value in headers.items():
        if name.lower() == "retry-after":
            if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", value.strip()):
                return max(1.0, float(value))
            break
    return 30.0  # Slack always names it; a proxy between us may not
