"""The Bolt app, the same for Socket Mode and HTTP."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from slack_bolt import App
from slack_sdk import WebClient

from bot.app_context import AppContext
from bot.attempts import StrangerLog
from bot.error_boundary import answer_unhandled_error
from bot.form_listeners import FormListeners
from bot.forms.deploy_form import DEPLOY_FORM, MESSAGE_SHORTCUT, PLAN_VIEW, SERVICE, SHORTCUT, TAG
from bot.forms.reason_form import REASON_FORM
from bot.listeners import CurrentContext, Listeners
from bot.middleware import Deduplication, ReplayProtection, SignatureCheck, WorkspaceCheck, authorize_as
from bot.payload_check import PayloadCheck
from deploys import buttons
from deploys.buttons.open_form import OPEN_FORM

MAX_CONCURRENT_REQUESTS = 24
"""Requests that are answered at the same time, over HTTP or Socket Mode (threads)."""
BUTTONS = re.compile("|".join(map(re.escape, (*buttons.HANDLERS, buttons.MORE))))


def build_app(context: AppContext, *, signing_secret: str, api_url: str) -> App:
    """The app with its listeners. An empty signing secret is right for Socket Mode alone.

    `process_before_response`: a listener runs in the thread that took the request, so none waits in a second,
    smaller pool while Slack's 3 seconds run, and an event is acknowledged only once it is in Redis.
    """
    strangers = StrangerLog(context)
    with _hide_slack_variables_from_bolt():
        app = App(
            logger=logging.getLogger("slack_bolt"),
            name="slipway",
            client=WebClient(base_url=api_url),
            authorize=authorize_as(context.identity),
            before_authorize=SignatureCheck(
                signing_secret, context.slack_clock, next_check=PayloadCheck(), strangers=strangers
            ),
            request_verification_enabled=False,  # `SignatureCheck` takes its place
            process_before_response=True,
        )
    app.use(ReplayProtection(context.deliveries, strangers))
    app.use(WorkspaceCheck(context, strangers))
    app.use(Deduplication(context.deliveries))
    current = CurrentContext(context)
    listeners = Listeners(current)
    app.command("/deploy")(listeners.command)
    app.event("app_mention")(listeners.mention)
    app.event("app_home_opened")(listeners.home_opened)
    app.event(re.compile(".*"))(listeners.ignore_event)
    app.action(BUTTONS)(listeners.click)
    _listen_to_form(app, FormListeners(current))
    app.action(re.compile(".*"))(listeners.ignore_link)
    app.error(answer_unhandled_error)
    return app


def _listen_to_form(app: App, listeners: FormListeners) -> None:
    app.shortcut(SHORTCUT)(listeners.shortcut)
    app.shortcut(MESSAGE_SHORTCUT)(listeners.shortcut)
    app.action(OPEN_FORM)(listeners.open_button)
    app.action(SERVICE)(listeners.choose_service)
    app.options(SERVICE)(listeners.service_options)
    app.options(TAG)(listeners.tag_options)
    app.view(DEPLOY_FORM)(listeners.submit_form)
    app.view(PLAN_VIEW)(listeners.submit_plan)
    app.view(REASON_FORM)(listeners.submit_reason)


@contextmanager
def _hide_slack_variables_from_bolt() -> Iterator[None]:
    """Bolt takes settings from SLACK_* by itself: it would warn of a token given twice, or begin OAuth."""
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("SLACK_")}
    try:
        yield
    finally:
        os.environ.update(hidden)
