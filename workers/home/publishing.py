"""Sends Home tabs, and keeps those that are open current within Slack's limits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import structlog
from slack_sdk import WebClient

from deploys.asker import Asker
from deploys.mrkdwn import verbatim
from deploys.stores.home_viewers import HomeViewers
from workers.home.content import RUNNING_SHOWN, HomeContent, HomeReader
from workers.home.view import home_view
from workers.thread.fallback_levels import MESSAGE_ERRORS
from workers.thread.rate_limits import SharedRateLimits, Urgency
from workers.thread.slack_error_handling import CALL_FAILURES, SlackErrorKind, classify_error

log = structlog.get_logger()

ROWS_AFTER_REFUSAL = 5
"""Rows of one part after Slack refused the tab: it may be 250 kB in all (`view_too_large`)."""
TABS_PER_RUN = 20
"""Open tabs that one run updates (count). Slack takes 100 a minute (views.publish, Tier 4)."""


class HomePublisher:
    """Sends tabs as of `now` (epoch seconds)."""

    def __init__(
        self,
        client: WebClient,
        reader: HomeReader,
        viewers: HomeViewers,
        limits: SharedRateLimits,
        now: float,
    ) -> None:
        self._client = client
        self._reader = reader
        self._viewers = viewers
        self._limits = limits
        self._now = now

    def publish(self, user: str, team: str) -> bool:
        """Shows one person's tab, which they have opened or used; returns whether Slack took it.

        It is sent again when it is opened again, so a failure is logged and not retried.
        """
        self._viewers.opened(user, team, self._now)
        content = self._reader.read(Asker(user, team, ""))
        return self._send(user, team, content)

    def refresh(self) -> None:
        """Sends the open tabs that have changed, the longest unchanged first, as many as Slack takes now."""
        sent = 0
        for viewer in self._viewers.current(self._now):
            content = self._reader.read(Asker(viewer.user, viewer.team, ""))
            if fingerprint(content) == viewer.shown:
                continue
            if sent == TABS_PER_RUN or self._limits.take_token("views.publish", urgency=Urgency.IDLE) > 0:
                return
            self._send(viewer.user, viewer.team, content)
            sent += 1
        self._viewers.forget_closed(self._now)

    def _send(self, user: str, team: str, content: HomeContent) -> bool:
        for most in (RUNNING_SHOWN, ROWS_AFTER_REFUSAL):
            view = home_view(content, self._now, most=most)
            try:
                self._client.views_publish(user_id=user, view=verbatim(view))
            except CALL_FAILURES as error:
                failure = classify_error("views.publish", error)
            else:
                self._viewers.note_shown(user, team, fingerprint(content), self._now)
                return True
            if failure.kind not in MESSAGE_ERRORS:
                break
        if failure.kind is SlackErrorKind.RATE_LIMITED:
            self._limits.hold_method("views.publish", failure.retry_after)
        elif failure.kind is not SlackErrorKind.UNREACHABLE:  # another try would meet the same
            self._viewers.note_shown(user, team, fingerprint(content), self._now)
        log.warning("no Home tab", user=user, error=failure.detail)
        return False


def fingerprint(content: HomeContent) -> str:
    """Stays the same while only time passes."""
    view: Mapping[str, Any] = home_view(content, 0.0)
    return hashlib.sha256(json.dumps(view).encode()).hexdigest()[:32]
