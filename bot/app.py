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

from bot import reply_texts
from bot.app_context import AppContext
from bot.error_boundary import new_error_reference
from bot.identity import Identity
from bot.listeners import Listeners
from bot.middleware import Deduplication, PayloadCheck, ReplayProtection, SignatureCheck, WorkspaceCheck
from bot.middleware.payload_check import is_command
from deploys import button_ids
from deploys.redis_outage import describe_error

log = structlog.get_logger()

MAX_CONCURRENT_REQUESTS = 24
"""Requests that are answered at the same time, by either way in (threads)."""
BUTTONS = re.compile(
    "|".join(
        (
            button_ids.APPROVE,
            button_ids.REJECT,
            button_ids.CANCEL,
            button_ids.CANCEL_ALL,
            button_ids.CONTINUE,
            button_ids.ROLL_BACK,
            button_ids.FOLLOW,
            button_ids.LIKELY_TAG,
            button_ids.MORE,
        )
    )
)


def build_app(context: AppContext, *, signing_secret: str, api_url: str) -> App:
    """The app with its listeners. An empty signing secret is right for Socket Mode alone.

    `process_before_response`: a listener runs in the thread that took the request, so none waits in a second,
    smaller pool while Slack's 3 seconds run, and an event is acknowledged only once it is in Redis.
    """
    with _hide_slack_variables_from_bolt():
        app = App(
            logger=logging.getLogger("slack_bolt"),
            name="slipway",
            client=WebClient(base_url=api_url),
            authorize=_authorize_as(context.identity),
            before_authorize=SignatureCheck(signing_secret, context.slack_clock, next_check=PayloadCheck()),
            request_verification_enabled=False,  # `Signed` takes its place
            process_before_response=True,
        )
    app.use(ReplayProtection(context.deliveries))
    app.use(WorkspaceCheck(context))
    app.use(Deduplication(context.deliveries))
    listeners = Listeners(context)
    app.command("/deploy")(listeners.command)
    app.event("app_mention")(listeners.mention)
    app.event("app_home_opened")(listeners.home_opened)
    app.event(re.compile(".*"))(listeners.ignore_event)
    app.action(BUTTONS)(listeners.click)
    app.action(re.compile(".*"))(listeners.ignore_link)
    app.error(answer_unhandled_error)
    return app


@contextmanager
def _hide_slack_variables_from_bolt() -> Iterator[None]:
    """Bolt takes settings from SLACK_* by itself: it would warn of a token given twice, or begin OAuth."""
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("SLACK_")}
    try:
        yield
    finally:
        os.environ.update(hidden)


def answer_unhandled_error(error: Exception, request: BoltRequest) -> BoltResponse:
    """The last resort, when not even the answer worked: Redis is away, or a payload is not as Slack's are.

    A command is answered with a sentence. Clicks and events get an error: Slack then shows the person a
    warning at the button, and delivers an event again.
    """
    reference = new_error_reference()
    if isinstance(error, RedisError):
        log.error(f"Redis {describe_error(error)}", reference=reference, error=str(error))
        reply = reply_texts.redis_unavailable(reference, error)
    else:
        reply = reply_texts.internal_error(reference)
        log.error(
            "a request could not be handled", reference=reference, error=type(error).__name__, exc_info=error
        )
    if is_command(request.body) and request.context.authorize_result:
        return BoltResponse(status=200, body=reply.to_slack())
    return BoltResponse(status=500, body="")


def _authorize_as(identity: Identity):  # type: ignore[no-untyped-def]
    def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=identity.enterprise or None,
            team_id=identity.team,
            bot_user_id=identity.user,
            bot_id=identity.bot,
            bot_token=identity.token,
        )

    return authorize
