"""When the form is opened, and what it shows at first."""

from __future__ import annotations

from collections.abc import Sequence

from bot import usage
from bot.app_context import AppContext
from bot.forms.deploy_form import FormOrigin, View, deploy_form
from bot.grammar import ParseError, ParseErrorKind
from bot.request import Request
from deploys.access_rules import Action
from deploys.catalogue.service import Service
from deploys.holds.lock_text import lock_sentence, stop_sentence
from deploys.mrkdwn import code
from deploys.records.request import Verb
from deploys.stores.tag_lists import REFRESH_SECONDS

MAX_READ_AHEAD = 10
"""Services whose tags are read when a form is opened, so that it can tell which tag runs where (count)."""


def form_for_mistake(error: ParseError, request: Request, context: AppContext) -> View | None:
    """The form in place of the usage: after nothing, or a service alone, was typed. None if it is another
    mistake, or a form would offer nothing.

    Raises:
        Refused: this person may not deploy the service there.
    """
    if error.kind is ParseErrorKind.EMPTY:
        return open_form(request, context)
    is_service = error.service in context.catalogue.services
    if error.kind is ParseErrorKind.MISSING_TAG and not error.verb and is_service:
        return open_form_at(error.service, request, context)
    return None


def open_form(request: Request, context: AppContext) -> View | None:
    """The form without a service; None if this person may deploy none there."""
    names = context.access.deployable_by(request.asker).service_names
    if not names:
        return None
    _read_ahead(names, context)
    return deploy_form(origin_of(request))


def open_form_at(name: str, request: Request, context: AppContext) -> View:
    """The form at a service.

    Raises:
        Refused: this person may not deploy it there.
    """
    names = context.access.deployable_by(request.asker).service_names
    if name not in names:
        context.access.may(Action.DEPLOY, request.asker, name)
    read_tags_if_old(name, context)
    _read_ahead([each for each in names if each != name], context)
    return form_at(origin_of(request), context.catalogue.get_service(name), request, context)


def form_at(
    origin: FormOrigin, service: Service, request: Request, context: AppContext, *, refusal: str = ""
) -> View:
    """The form at a service, with what holds its deploys now."""
    described = usage.describe_service(service)
    special = [described] if described != code(service.name) else []
    notes = [*special, *_holds(service, request, context)]
    return deploy_form(origin, service, notes=notes, refusal=refusal)


def origin_of(request: Request) -> FormOrigin:
    """Where the form is opened."""
    return FormOrigin(
        channel=request.channel,
        thread_ts=request.thread_ts,
        new_thread=request.new_thread,
        response_url=request.response_url,
    )


def read_tags_if_old(name: str, context: AppContext) -> None:
    """Has a worker read the tags of a service, unless they were read just now."""
    now = context.slack_clock.now()
    known = context.tag_lists.find(name, now)
    if known is None or now - known.read_at > REFRESH_SECONDS:
        context.jobs.read_tags(name, awaited=True)


def _read_ahead(names: Sequence[str], context: AppContext) -> None:
    """Has workers read some of the services that are not known, which nobody waits for yet."""
    for name in context.tag_lists.unread(names, context.slack_clock.now())[:MAX_READ_AHEAD]:
        context.jobs.read_tags(name)


def _holds(service: Service, request: Request, context: AppContext) -> list[str]:
    now = context.now()
    stop = context.stops.find()
    lock = context.lock_holds.find_lock(service.name, Verb.DEPLOY, request.user, now)
    freeze = context.freezes.find(service.name, now)
    return [
        *([stop_sentence(stop)] if stop else []),
        *([lock_sentence(lock)] if lock else []),
        *([freeze.sentence()] if freeze else []),
    ]
