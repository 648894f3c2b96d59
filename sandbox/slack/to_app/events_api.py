"""The Events API: wraps and delivers the events that the app subscribed to, and retries them."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from sandbox.slack.slack_limits import SlackTimeouts
from sandbox.slack.store.slack_ids import SlackIds
from sandbox.slack.team.installation import AppInstallation
from sandbox.slack.team.workspace import APP_ID, BOT_USER, TEAM_ID
from sandbox.slack.to_app.delivery import AppAnswer, AppDelivery, EventRetry

Json = dict[str, Any]


class EventsApi:
    def __init__(
        self, installation: AppInstallation, delivery: AppDelivery, ids: SlackIds, timeouts: SlackTimeouts
    ) -> None:
        self._installation = installation
        self._delivery = delivery
        self._ids = ids
        self._timeouts = timeouts

    async def send(
        self, event: Json, *, subscription: str, scope: str | None, is_ext_shared: bool = False
    ) -> AppAnswer | None:
        """Sends an event and waits for the first answer. Retries follow in the background. is_ext_shared:
        whether it happened in a channel that is shared with another organisation.

        Returns None if the app did not subscribe to it or does not have its scope.
        """
        if not self._installation.receives_event(subscription, scope):
            return None
        wrapped = self._wrap(event, is_ext_shared)
        answer = await self._deliver(wrapped, None)
        if not answer.is_acknowledged and not answer.declines_retry:
            self._delivery.run_in_background(self._retry(wrapped, answer))
        return answer

    def send_in_background(
        self, event: Json, *, subscription: str, scope: str | None, is_ext_shared: bool = False
    ) -> None:
        """Sends an event without waiting for anything."""
        sending = self.send(event, subscription=subscription, scope=scope, is_ext_shared=is_ext_shared)
        self._delivery.run_in_background(sending)

    async def _retry(self, wrapped: Json, answer: AppAnswer) -> None:
        for number, pause in enumerate(self._timeouts.event_retry_pauses, start=1):
            await asyncio.sleep(pause)
            answer = await self._deliver(wrapped, EventRetry(number, answer.reason))
            if answer.is_acknowledged or answer.declines_retry:
                return

    async def _deliver(self, wrapped: Json, retry: EventRetry | None) -> AppAnswer:
        url = self._installation.manifest.events_url
        return await self._delivery.deliver("events_api", wrapped, url=url, retry=retry)

    def _wrap(self, event: Json, is_ext_shared: bool) -> Json:
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
            "event_id": self._ids.new_id("Ev"),
            "event_time": int(time.time()),
            "authorizations": [bot],
            "is_ext_shared_channel": is_ext_shared,
            "event_context": f"4-{self._ids.new_secret()}",
        }
