"""Over HTTP nobody but Slack is heard: its signature, not older than five minutes by Slack's own clock.

In place of Bolt's own check, which goes by the clock of this machine, and breaks at a signature that is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import structlog
from slack_bolt import BoltRequest, BoltResponse
from slack_bolt.middleware import Middleware
from slack_sdk.signature import Clock, SignatureVerifier

from bot.middleware.payload_check import PayloadCheck
from bot.slack_clock import SlackClock

log = structlog.get_logger()

_TIMESTAMP = re.compile(r"[0-9]{1,12}")


class SignatureCheck(Middleware):
    """Refuses what Slack did not sign, or signed long ago; `then` sees the rest."""

    def __init__(self, signing_secret: str, clock: SlackClock, next_check: PayloadCheck) -> None:
        self._verifier = SignatureVerifier(signing_secret, _VerifierClock(clock)) if signing_secret else None
        self._clock = clock
        self._next_check = next_check

    def process(
        self, *, req: BoltRequest, resp: BoltResponse, next: Callable[[], BoltResponse]
    ) -> BoltResponse:
        """Lets Socket Mode through: there the connection is what is trusted."""
        if req.mode == "http" and not self._is_signed(req):
            return BoltResponse(status=401, body={"error": "invalid request"})
        return self._next_check.process(req=req, resp=resp, next=next)

    def _is_signed(self, req: BoltRequest) -> bool:
        stamp = req.headers.get("x-slack-request-timestamp", [""])[0]
        signature = req.headers.get("x-slack-signature", [""])[0]
        readable = _TIMESTAMP.fullmatch(stamp) and signature.isascii()
        if readable and self._verifier and self._verifier.is_valid(req.raw_body, stamp, signature):
            self._clock.note_sent_at(float(stamp))
            return True
        old = round(self._clock.now() - int(stamp)) if readable else None
        log.warning("a request without a valid signature of Slack's was refused", seconds_old=old)
        return False


class _VerifierClock(Clock):
    def __init__(self, clock: SlackClock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock.now()
