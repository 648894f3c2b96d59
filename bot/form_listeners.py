"""What Bolt calls for the form: what opens it, its menus, its choices and its submission."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from redis.exceptions import RedisError
from slack_bolt import Ack, BoltRequest

from bot import commands, error_boundary, request
from bot.app_context import AppContext
from bot.forms import deploy_form, options, submission
from bot.forms.deploy_form import FormOrigin
from bot.forms.opening import form_at, read_tags_if_old
from bot.forms.submission import FormAnswer
from bot.listeners import CurrentContext, handle_once, open_form_or_send, read_if_unknown, within_limit
from bot.private_reply import PrivateReply, send_reply
from bot.request import Request
from deploys.buttons import open_form
from deploys.errors import StaleForm
from deploys.stores.tag_lists import TagList

Submit = Callable[[Mapping[str, Any], Request, AppContext], FormAnswer]
ANSWER_SECONDS = 2.3
"""How long a menu waits for the tags (seconds): Slack gives up on it after 3."""
POLL_SECONDS = 0.05


class FormListeners:
    """The listeners of one app."""

    def __init__(self, current: CurrentContext) -> None:
        self._current = current

    def shortcut(self, ack: Ack, req: BoltRequest) -> None:
        """Somebody chose the global shortcut, or the one on a message, into whose thread it deploys."""
        context = self._current.take()
        self._open(req, request.from_shortcut(req, context.slack_clock), context)
        ack()

    def open_button(self, ack: Ack, req: BoltRequest) -> None:
        """A button that opens the form."""
        context = self._current.take()
        service = open_form.service_of(req.body["actions"][0].get("value") or "")
        self._open(req, request.from_click(req, context.slack_clock), context, service)
        ack()

    def _open(self, req: BoltRequest, asked: Request, context: AppContext, service: str = "") -> None:
        """As if `/deploy SERVICE`, or `/deploy` alone, was typed."""
        typed = service if service in context.catalogue.services else ""

        def handle() -> PrivateReply:
            read_if_unknown(asked.asker, context)
            return commands.answer(typed, asked, context)

        reply = handle_once(
            req,
            lambda: within_limit(handle, asked.user, context, changes=False),
            lambda error: error_boundary.answer_error(error, context, asked),
            context,
        )
        if reply:
            open_form_or_send(reply, asked, context)

    def choose_service(self, ack: Ack, req: BoltRequest) -> None:
        """Somebody chose a service in the form: its tags are read, and the form shows what holds it. Slack
        tells the menus no value of another field, so the form says for which service they are."""
        context, view = self._current.take(), req.body["view"]
        ack()
        if not _is_within_limit(req, context):
            return
        origin, entered = _find_origin(view), submission.read_entered(view)
        asked = replace(request.from_view(req, context.slack_clock), channel=origin.channel)
        if entered.service not in context.access.deployable_by(asked.asker).services:
            return
        read_tags_if_old(entered.service, context)
        service = context.catalogue.get_service(entered.service)
        context.views.update(view["id"], view["hash"], form_at(origin, service, asked, context))

    def service_options(self, ack: Ack, req: BoltRequest) -> None:
        """The menu of services."""
        context = self._current.take()
        if not _is_within_limit(req, context):
            ack(options=options.search_later())
            return
        asked = _asked_in_form(req, context)
        read_if_unknown(asked.asker, context)
        seen = context.access.deployable_by(asked.asker)
        ack(options=options.service_options(seen, _typed(req)))

    def tag_options(self, ack: Ack, req: BoltRequest) -> None:
        """The menu of tags, from what workers have read."""
        context = self._current.take()
        if not _is_within_limit(req, context):  # each may keep a listener waiting
            ack(options=options.search_later())
            return
        until = time.monotonic() + ANSWER_SECONDS
        asked = _asked_in_form(req, context)
        read_if_unknown(asked.asker, context)
        seen = context.access.deployable_by(asked.asker)
        name = req.body["block_id"].partition(":")[2]
        if name not in seen.services:
            ack(options=options.choose_service_first())
            return
        read_tags_if_old(name, context)
        known = _wait_for_tags(name, until, context)
        now = context.slack_clock.now()
        running = context.tag_lists.running(now)
        ack(options=options.tag_options(seen.services[name], known, running, seen, _typed(req), now))

    def submit_form(self, ack: Ack, req: BoltRequest) -> None:
        """The form was submitted."""
        entered = submission.read_entered(req.body["view"])
        self._submit(ack, req, submission.submit_form, changes=not entered.plan_first)

    def submit_plan(self, ack: Ack, req: BoltRequest) -> None:
        """*Deploy* below a plan."""
        self._submit(ack, req, submission.submit_plan, changes=True)

    def submit_reason(self, ack: Ack, req: BoltRequest) -> None:
        """The reason was typed for which a button had asked."""
        self._submit(ack, req, submission.submit_reason, changes=True)

    def _submit(self, ack: Ack, req: BoltRequest, submit: Submit, *, changes: bool) -> None:
        context, view = self._current.take(), req.body["view"]
        sender = request.from_view(req, context.slack_clock)

        def handle() -> FormAnswer:
            asked = submission.place_request(view, sender, context)
            read_if_unknown(asked.asker, context)
            return submit(view, asked, context)

        def refuse(error: Exception) -> FormAnswer:
            return submission.show_error(view, error_boundary.answer_error(error, context, sender).text)

        try:
            answer = handle_once(
                req,
                lambda: within_limit(handle, sender.user, context, changes=changes, tell_always=True),
                refuse,
                context,
            )
        except RedisError as error:  # nobody knows whether it was done, and no worker could say so
            answer = submission.show_error(view, error_boundary.answer_lost_redis(error).text)
        ack((answer.to_slack() if answer else None) or "")
        if answer and answer.private and answer.request:
            send_reply(answer.private, answer.request, context)


def _is_within_limit(req: BoltRequest, context: AppContext) -> bool:
    """Whether this person's form has not asked for too much within a minute."""
    return context.request_limits.take_menu(request.from_view(req, context.slack_clock).user)


def _asked_in_form(req: BoltRequest, context: AppContext) -> Request:
    channel = _find_origin(req.body["view"]).channel
    return replace(request.from_view(req, context.slack_clock), channel=channel)


def _wait_for_tags(service: str, until: float, context: AppContext) -> TagList | None:
    """The tags of a service, once they are read; None if no worker has read them by then (monotonic
    seconds)."""
    while True:
        known = context.tag_lists.find(service, context.slack_clock.now())
        if known is not None or time.monotonic() >= until:
            return known
        time.sleep(POLL_SECONDS)


def _find_origin(view: Mapping[str, Any]) -> FormOrigin:
    """Where the form was opened. That of another version counts as opened in no channel: it asks for one once
    a service is chosen, and until then its submission is refused."""
    try:
        return deploy_form.read_origin(view)
    except StaleForm:
        return FormOrigin()


def _typed(req: BoltRequest) -> str:
    return str(req.body.get("value") or "")
