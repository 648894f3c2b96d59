"""What Slack delivers more than once is handled once."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import structlog
from slack_bolt import BoltRequest, BoltResponse
from slack_bolt.middleware import Middleware

from bot.middleware.payload_check import delivery_id, is_command
from deploys.stores.deliveries import Deliveries

log = structlog.get_logger()

WAIT_SECONDS = 2.0
"""How long a repeated command waits for the answer to the first."""
POLL_SECONDS = 0.05


class Deduplication(Middleware):
    """Claims each delivery. A repeat is taken quietly.

    A repeated command gets the same answer instead: its ack may overtake the first one's, perhaps from
    another process, and an empty one would then be all that the person sees.
    """

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries

    def process(
        self, *, req: BoltRequest, resp: BoltResponse, next: Callable[[], BoltResponse]
    ) -> BoltResponse:
        """Leaves the claimed id in the context, for the listener to settle."""
        delivery = delivery_id(req.body)
        if delivery is None:
            return next()
        if self._deliveries.begin(delivery):
            req.context["delivery"] = delivery
            return next()
        log.info("a repeated delivery was not handled again", delivery=delivery)
        answer = self._wait_for_answer(delivery) if is_command(req.body) else ""
        return BoltResponse(status=200, body=json.loads(answer) if answer else "")

    def _wait_for_answer(self, delivery: str) -> str:
        until = time.monotonic() + WAIT_SECONDS
        while (answer := self._deliveries.answer(delivery)) is None and time.monotonic() < until:
            time.sleep(POLL_SECONDS)
        return answer or ""
