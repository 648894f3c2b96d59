"""A signed request that comes twice was sent again by somebody else.

Bolt checks the signature and that it is at most 5 minutes old, but keeps no memory: within that time the very
same request would pass again. Slack's own retries carry a new timestamp, and so a new signature.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from slack_bolt import BoltRequest, BoltResponse
from slack_bolt.middleware import Middleware

from deploys.stores.deliveries import Deliveries

log = structlog.get_logger()


class ReplayProtection(Middleware):
    """Refuses the second request with the same signature."""

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries

    def process(
        self, *, req: BoltRequest, resp: BoltResponse, next: Callable[[], BoltResponse]
    ) -> BoltResponse:
        """Lets Socket Mode through: there the connection is what is trusted."""
        if req.mode != "http":
            return next()
        signature = req.headers.get("x-slack-signature", [""])[0]
        if not self._deliveries.is_replay(signature):
            return next()
        log.warning("a signed request came a second time and was refused")
        return BoltResponse(status=401, body={"error": "this signed request was sent before"})
