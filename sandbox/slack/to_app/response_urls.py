"""response_urls: an app may answer a command or a click there, five times within half an hour."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.slack.api_errors import ApiError
from sandbox.slack.store.messages import SlackMessage
from sandbox.slack.store.slack_ids import SlackIds
from sandbox.slack.team.workspace import TEAM_ID

MAX_USES = 5
_MAX_REMEMBERED = 10_000


@dataclass
class ResponseUrl:
    """`original_message` is the message that was clicked; a command has none. `posted_messages` are the
    answers."""

    path: str
    user: str
    channel: str
    issued_at: float
    original_message: SlackMessage | None = None
    uses: int = 0
    posted_messages: list[SlackMessage] = field(default_factory=list)


class ResponseUrls:
    def __init__(
        self, base_url: str, ids: SlackIds, lifetime: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._base_url = base_url
        self._ids = ids
        self._lifetime = lifetime
        self._now = now
        self._serial = 5_183_402_117
        self._issued: dict[str, ResponseUrl] = {}

    def issue(self, kind: str, user: str, channel: str, original: SlackMessage | None = None) -> ResponseUrl:
        """`kind` is "commands" or "actions", the first part of the path at Slack."""
        self._serial += 1
        path = f"{kind}/{TEAM_ID}/{self._serial}/{self._ids.new_secret()}"
        issued = ResponseUrl(path, user, channel, self._now(), original)
        self._issued[path] = issued
        while len(self._issued) > _MAX_REMEMBERED:
            del self._issued[next(iter(self._issued))]
        return issued

    def addresses(self) -> list[str]:
        """All that were issued."""
        return [self._base_url + path for path in self._issued]

    def address(self, issued: ResponseUrl) -> str:
        return self._base_url + issued.path

    def use(self, path: str) -> ResponseUrl:
        """Counts one use.

        Raises:
            ApiError: HTTP 404 with expired_url, used_url, or no_service if it was never issued
        """
        issued = self._issued.get(path)
        if issued is None:
            raise ApiError("no_service", status=404)
        if self._now() - issued.issued_at > self._lifetime:
            raise ApiError("expired_url", status=404)
        if issued.uses >= MAX_USES:
            raise ApiError("used_url", status=404)
        issued.uses += 1
        return issued
