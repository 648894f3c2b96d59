"""The Bolt app, the same for Socket Mode and HTTP."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from redis.exceptions import RedisError
from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from bot import replies
from bot.answering import new_reference
from bot.desk import Desk
from bot.identity import Identity
from bot.listeners import Listeners
from bot.middleware import OneTeam, Repeats, Replays, Signed, WellFormed
from bot.middleware.kinds import is_command
from deploys import buttons
from deploys.redis_outage import what_is_wrong

log = structlog.get_logger()

AT_ONCE = 24
"""Requests that are answered at the same time, by either way in (threads)."""
BUTTONS = re.compile(
    "|".join(
        (
            buttons.APPROVE,
            buttons.REJECT,
            buttons.CANCEL,
            buttons.CANCEL_ALL,
            buttons.CONTINUE,
            buttons.ROLL_BACK,
            buttons.FOLLOW,
            buttons.LIKELY_TAG,
            buttons.MORE,
        )
    )
)


def build_app(desk: Desk, *, signing_secret: str, api_url: str) -> App:
    """The app with its listeners. An empty signing secret is right for Socket Mode alone.

    `process_before_response`: a listener runs in the thread that took the request, so none waits in a second,
    smaller pool while Slack's 3 seconds run, and an event is acknowledged only once it is in Redis.
    """
    with _bolt_reads_no_variables():
        app = App(
            logger=logging.getLogger("slack_bolt"),
            name="slipway",
            client=WebClient(base_url=api_url),
            authorize=_authorize(desk.identity),
            before_authorize=Signed(signing_secret, desk.slack_clock, then=WellFormed()),
            request_verification_enabled=False,  # `Signed` takes its place
            process_before_response=True,
        )
    app.use(Replays(desk.deliveries))
    app.use(OneTeam(desk))
    app.use(Repeats(desk.deliveries))
    listeners = Listeners(desk)
    app.command("/deploy")(listeners.command)
    app.event("app_mention")(listeners.mention)
    app.event("app_home_opened")(listeners.home_opened)
    app.event(re.compile(".*"))(listeners.unheard)
    app.action(BUTTONS)(listeners.click)
    app.action(re.compile(".*"))(listeners.link)
    app.error(unanswered)
    return app


@contextmanager
def _bolt_reads_no_variables() -> Iterator[None]:
    """Bolt takes settings from SLACK_* by itself: it would warn of a token given twice, or begin OAuth."""
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("SLACK_")}
    try:
        yield
    finally:
        os.environ.update(hidden)


def unanswered(error: Exception, request: BoltRequest) -> BoltResponse:
    """The last resort, when not even the answer worked: Redis is away, or a payload is not as Slack's are.

    A command is answered with a sentence. Clicks and events get an error: Slack then shows the person a
    warning at the button, and delivers an event again.
    """
    reference = new_reference()
    if isinstance(error, RedisError):
        log.error(f"Redis {what_is_wrong(error)}", reference=reference, error=str(error))
        reply = replies.not_taken_in(reference, error)
    else:
        reply = replies.broken(reference)
        log.error(
            "a request could not be handled", reference=reference, error=type(error).__name__, exc_info=error
        )
    if is_command(request.body) and request.context.authorize_result:
        return BoltResponse(status=200, body=reply.payload())
    return BoltResponse(status=500, body="")


def _authorize(identity: Identity):  # type: ignore[no-untyped-def]
    def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=identity.enterprise or None,
            team_id=identity.team,
            bot_user_id=identity.user,
            bot_id=identity.bot,
            bot_token=identity.token,
        )

    return authorize
