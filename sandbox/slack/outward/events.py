"""The Events API: what the app subscribed to, wrapped, delivered, and repeated when nobody took it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from sandbox.slack.outward.delivery import Answer, Delivery, Retry
from sandbox.slack.store.identifiers import Identifiers
from sandbox.slack.team.installation import Installation
from sandbox.slack.team.workspace import APP_ID, BOT_USER, TEAM_ID
from sandbox.slack.timings import Timings

Json = dict[str, Any]


class Events:
    def __init__(
        self, installation: Installation, delivery: Delivery, ids: Identifiers, timings: Timings
    ) -> None:
        self._installation = installation
        self._delivery = delivery
        self._ids = ids
        self._timings = timings

    async def send(self, event: Json, *, subscription: str, scope: str | None) -> Answer | None:
        """Sends an event and waits for the first answer; repeats follow in the background.

        Returns None where the app did not subscribe, or was not granted the scope.
        """
        if not self._installation.listens_to(subscription, scope):
            return None
        wrapped = self._wrapped(event)
        answer = await self._deliver(wrapped, None)
        if not answer.is_acknowledged and not answer.wants_no_retry:
            self._delivery.in_background(self._repeat(wrapped, answer))
        return answer

    def announce(self, event: Json, *, subscription: str, scope: str | None) -> None:
        """Sends an event without waiting for anything."""
        self._delivery.in_background(self.send(event, subscription=subscription, scope=scope))

    async def _repeat(self, wrapped: Json, answer: Answer) -> None:
        for number, pause in enumerate(self._timings.event_retries, start=1):
            await asyncio.sleep(pause)
            answer = await self._deliver(wrapped, Retry(number, answer.reason))
            if answer.is_acknowledged or answer.wants_no_retry:
                return

    async def _deliver(self, wrapped: Json, retry: Retry | None) -> Answer:
        url = self._installation.manifest.events_url
        return await self._delivery.deliver("events_api", wrapped, url=url, retry=retry)

    def _wrapped(self, event: Json) -> Json:
        bot = {
            "enterprise_id": None,
            "team_id": TEAM_ID,
            "user_id": BOT_USER,
            "is_bot": True,
            "is_enterprise_install": False,
        }
        return {
            "token": self._installation.verification_token,
            "team_id": TEAM_ID,
            "context_team_id": TEAM_ID,
            "context_enterprise_id": None,
            "api_app_id": APP_ID,
            "event": event,
            "type": "event_callback",
            "event_id": self._ids.lettered("Ev"),
            "event_time": int(time.time()),
            "authorizations": [bot],
            "is_ext_shared_channel": False,
            "event_context": f"4-{self._ids.secret()}",
        }
