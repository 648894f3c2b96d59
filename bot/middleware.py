"""What every request passes before a listener sees it, in this order: signature, payload, replay protection,
workspace, deduplication. Bolt's own check of the signature goes by this machine's clock, and breaks on a
signature that is none, so Slipway has its own."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import structlog
from slack_bolt import BoltRequest, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.middleware import Middleware
from slack_sdk.signature import Clock, SignatureVerifier

from bot import request
from bot.app_context import AppContext
from bot.attempts import StrangerLog
from bot.forms import submission
from bot.identity import Identity
from bot.payload_check import (
    PayloadCheck,
    delivery_id,
    is_click,
    is_command,
    is_search,
    is_shortcut,
    is_submission,
)
from bot.private_reply import send_privately
from bot.slack_clock import SlackClock
from deploys.errors import WrongWorkspace
from deploys.records.audit_entry import UNKNOWN
from deploys.stores.deliveries import Arrival, Deliveries

log = structlog.get_logger()

_TIMESTAMP = re.compile(r"[0-9]{1,12}")


class SignatureCheck(Middleware):
    """Over HTTP, refuses what Slack did not sign, or signed more than five minutes ago by Slack's own clock.
    `next_check` sees the rest."""

    def __init__(
        self, signing_secret: str, clock: SlackClock, next_check: PayloadCheck, strangers: StrangerLog
    ) -> None:
        self._verifier = SignatureVerifier(signing_secret, _VerifierClock(clock)) if signing_secret else None
        self._clock = clock
        self._next_check = next_check
        self._strangers = strangers

    def process(
        self, *, req: BoltRequest, resp: BoltResponse, next: Callable[[], BoltResponse]
    ) -> BoltResponse:
        """Lets Socket Mode through, which trusts the connection."""
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
        log.warning("refused a request without a valid signature of Slack's", seconds_old=old)
        self._strangers.write("a request without a valid signature of Slack's", who=UNKNOWN)
        return False


class _VerifierClock(Clock):
    def __init__(self, clock: SlackClock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock.now()


class ReplayProtection(Middleware):
    """Refuses the second request with the same signature. The same question to Redis claims the delivery, for
    `Deduplication`."""

    def __init__(self, deliveries: Deliveries, strangers: StrangerLog) -> None:
        self._deliveries = deliveries
        self._strangers = strangers

    def process(
        self, *, req: BoltRequest, resp: BoltResponse, next: Callable[[], BoltResponse]
    ) -> BoltResponse:
        """Lets Socket Mode through: there the connection is what is trusted. Also what only searches a menu:
        it has no id, so the same search twice within a second has the same signature, and reading twice does
        no harm."""
        if req.mode != "http" or is_search(req.body):
            return next()
        signature = req.headers.get("x-slack-signature", [""])[0]
        arrival = self._deliveries.begin_signed(signature, delivery_id(req.body))
        if arrival is not Arrival.REPLAY:
            req.context["arrival"] = arrival
            return next()
        log.warning("refused a signed request that came a second time")
        self._strangers.write("a signed request that came a second time", who=UNKNOWN)
        return BoltResponse(status=401, body={"error": "this signed request was sent before"})


class WorkspaceCheck(Middleware):
    """Lets through what comes from this team alone.

    In an Enterprise Grid the author of a message may have the organisation's id instead of the team's, so
    both are let through."""

    def __init__(self, context: AppContext, strangers: StrangerLog) -> None:
        self._context = context
        self._strangers = strangers
        self._team = context.identity.team
        self._ours = {context.identity.team, context.identity.enterprise}

    def process(
        self, *, req: BoltRequest, resp: BoltResponse, next: Callable[[], BoltResponse]
    ) -> BoltResponse:
        """Tells people who typed a command or clicked; events of other teams are acknowledged and dropped."""
        teams = set(list_teams(req.body))
        if self._team in teams and teams <= self._ours:
            return next()
        log.warning("refused a request of another workspace", teams=sorted(teams))
        self._write_entry(req.body, teams - self._ours)
        if is_command(req.body):
            return BoltResponse(status=200, body=WrongWorkspace().message)
        if is_submission(req.body):
            answer = submission.show_error(req.body["view"], WrongWorkspace().message)
            return BoltResponse(status=200, body=answer.to_slack())
        if is_click(req.body) or is_shortcut(req.body):
            read = request.from_click if is_click(req.body) else request.from_shortcut
            asked = read(req, self._context.slack_clock)
            send_privately(WrongWorkspace().message, asked, self._context)
        return BoltResponse(status=200, body="")

    def _write_entry(self, body: dict[str, Any], foreign: set[str]) -> None:
        event, user = body.get("event") or {}, body.get("user")
        who = body.get("user_id") or event.get("user") or (user.get("id") if isinstance(user, dict) else user)
        channel = body.get("channel_id") or event.get("channel") or (body.get("channel") or {}).get("id")
        verb = "command" if is_command(body) else "click" if is_click(body) else event.get("type")
        verb = verb or body.get("type")
        self._strangers.write(
            "a request of another workspace",
            who=_text(who) or UNKNOWN,
            team=",".join(sorted(foreign)),
            channel=_text(channel),
            verb=_text(verb),
        )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


TEAM_FIELDS = ("team_id", "team", "user_team", "source_team", "context_team_id")
"""Where Slack names a team, in a payload or in a part of one."""
PARTS_WITH_TEAMS = ("event", "user", "user_profile", "profile", "message", "previous_message", "root", "view")
"""Parts of a payload that name teams, and parts of these."""


def list_teams(body: dict[str, Any]) -> Iterator[str]:
    """Every team that a payload names: its own, that of the person who acts, and those of the message or view
    it is about.

    In a channel that is shared with another organisation, a foreign person shows in one or more of these
    fields, and not always in the same (docs.slack.dev, "Understanding Slack Connect")."""
    for field in TEAM_FIELDS:
        named = body.get(field)
        team = named.get("id") if isinstance(named, dict) else named
        if isinstance(team, str) and team:
            yield team
    for field in PARTS_WITH_TEAMS:
        if isinstance(part := body.get(field), dict):
            yield from list_teams(part)


WAIT_SECONDS = 2.0
"""How long a repeated command waits for the answer to the first."""
POLL_SECONDS = 0.05


class Deduplication(Middleware):
    """Claims each delivery. A repeat is taken quietly.

    A repeated command or submission gets the same answer instead: its ack may overtake the first one's,
    perhaps from another process, and an empty one would then be all that the person sees.
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
        if self._is_new(req, delivery):
            req.context["delivery"] = delivery
            return next()
        log.info("a repeated delivery is not handled again", delivery=delivery)
        has_answer = is_command(req.body) or is_submission(req.body)
        answer = self._wait_for_answer(delivery) if has_answer else ""
        return BoltResponse(status=200, body=(json.loads(answer) if answer else None) or "")

    def _is_new(self, req: BoltRequest, delivery: str) -> bool:
        arrival = req.context.get("arrival")
        return self._deliveries.begin(delivery) if arrival is None else arrival is Arrival.NEW

    def _wait_for_answer(self, delivery: str) -> str:
        until = time.monotonic() + WAIT_SECONDS
        while (answer := self._deliveries.answer(delivery)) is None and time.monotonic() < until:
            time.sleep(POLL_SECONDS)
        return answer or ""


def authorize_as(identity: Identity) -> Callable[[], AuthorizeResult]:
    """Tells Bolt who the bot is, which was read once at the start."""

    def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=identity.enterprise or None,
            team_id=identity.team,
            bot_user_id=identity.user,
            bot_id=identity.bot,
            bot_token=identity.token,
        )

    return authorize
