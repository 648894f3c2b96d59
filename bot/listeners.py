"""What Bolt calls: each listener reads the payload, has the request handled and sees to it that the answer
arrives.

A slash command is answered in its ack. Mentions and clicks have no such place, and a listener calls no Slack,
so a worker answers them (`send_reply`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, Protocol, TypeVar

import structlog
from redis.exceptions import RedisError
from slack_bolt import Ack, BoltRequest

from bot import clicks, commands, error_boundary, request, slack_text
from bot.app_context import AppContext
from bot.private_reply import PrivateReply, send_reply
from bot.request import Request
from deploys.asker import Asker
from deploys.errors import TooManyRequests
from deploys.redis_round_trip import RoundTrip
from deploys.stores.current_holds import CurrentHolds
from deploys.stores.request_limits import Exceeded
from deploys.stores.slack_directory import SLACKBOT, Channel, Person

log = structlog.get_logger()

KNOWLEDGE_WAIT_SECONDS = 1.5
"""How long a request waits for a worker to read who asks and where, well within Slack's 3 seconds."""
KNOWLEDGE_POLL_SECONDS = 0.05


class Answer(Protocol):
    """What a request is answered."""

    def to_slack(self) -> dict[str, Any]:
        """As the ack says it."""


A = TypeVar("A", bound=Answer)

_WHATS = {True: "requests that change something", False: "requests"}
"""What a limit counts, by whether it is a change."""


class CurrentContext:
    """The context with services.yml as it is now. A request takes it once, so that all of it sees one
    version, and Redis is asked once who asks and where."""

    def __init__(self, context: AppContext) -> None:
        self._latest = context

    def take(self) -> AppContext:
        """For one request."""
        context = self._latest
        catalogue = context.read_catalogue()
        if catalogue is not context.catalogue:
            context = self._latest = context.with_catalogue(catalogue)
        directory = context.directory.for_one_request()
        access = context.access.with_directory(directory)
        freezes = context.freezes.for_one_request(access)
        return replace(
            context,
            directory=directory,
            access=access,
            freezes=freezes,
            last_round_trip=RoundTrip(context.store.redis),
        )


class Listeners:
    """The listeners of one app."""

    def __init__(self, current: CurrentContext) -> None:
        self._current = current

    def command(self, ack: Ack, req: BoltRequest) -> None:
        """`/deploy ...`"""
        context = _with_holds(self._current.take())
        asked = request.from_command(req, context.slack_clock)
        text = req.body.get("text") or ""
        try:
            reply = _handle_once(
                req,
                lambda: commands.answer(text, asked, context),
                asked,
                context,
                changes=_changes_something(text),
                tell_always=True,
            )
        except RedisError as error:
            reply = error_boundary.answer_lost_redis(error)
        ack((reply.to_slack() if reply else None) or "")
        if reply and (reply.needs_worker or reply.form is not None):
            open_form_or_send(reply, asked, context)

    def mention(self, req: BoltRequest) -> None:
        """`@slipway ...` in a message. Acknowledged when this returns; delivered again if it raises."""
        context = _with_holds(self._current.take())
        event = req.body["event"]
        if event.get("bot_id") or event.get("user", SLACKBOT) == SLACKBOT:
            log.info("a mention by a bot was ignored", bot=event.get("bot_id"))
            return
        asked = request.from_mention(req, context.slack_clock)
        text = event.get("text") or ""
        bot_user = context.identity.user
        changes = _changes_something(slack_text.text_after_mention(text, bot_user) or "")
        reply = _handle_once(
            req,
            lambda: commands.answer_mention(text, asked, context),
            asked,
            context,
            changes=changes,
        )
        if reply and (reply.has_buttons or not reply.card_will_tell):
            send_reply(reply, asked, context)

    def click(self, ack: Ack, req: BoltRequest) -> None:
        """A button of a card or of a choice."""
        context = self._current.take()
        click = clicks.read_click(req.body)
        asked = request.from_click(req, context.slack_clock)
        if not asked.channel:  # on the Home tab: decided by the deploy's channel, and answered there
            asked = replace(asked, channel=clicks.find_channel(click.value, context))
        reply = _handle_once(
            req, lambda: clicks.handle_click(click, asked, context), asked, context, changes=True
        )
        ack()
        if reply:
            open_form_or_send(reply, asked, context)

    def home_opened(self, req: BoltRequest) -> None:
        """Somebody opened the app's Home: a worker shows its Home tab. The Messages tab needs nothing."""
        context, event = self._current.take(), req.body["event"]
        is_home = event.get("tab", "home") == "home"
        if is_home and context.request_limits.take(event["user"], changes=False) is None:
            context.jobs.publish_home(event["user"], req.body["team_id"])

    def ignore_link(self, ack: Ack) -> None:
        """A button that only leads somewhere: Slack wants an ack all the same."""
        ack()

    def ignore_event(self, req: BoltRequest) -> None:
        """An event nobody listens to, which Slack would otherwise send again and again."""
        log.info("an event without a listener", kind=(req.body.get("event") or {}).get("type"))


def _with_holds(context: AppContext) -> AppContext:
    """What is typed goes by what holds deploys before it; a button may end a lock and then queue."""
    return replace(context, holds_read=CurrentHolds(context.store.redis))


def _handle_once(
    req: BoltRequest,
    handler: Callable[[], PrivateReply | None],
    asked: Request,
    context: AppContext,
    *,
    changes: bool,
    tell_always: bool = False,
) -> PrivateReply | None:
    """With one question to Redis before the handler: whether this person may ask for more, who that is and
    where, and what the handler is to know of holds."""

    def handle() -> PrivateReply | None:
        trip = RoundTrip(context.store.redis)
        taken = context.request_limits.ask(trip, asked.user, changes=changes)
        known = context.directory.ask_for_asker(trip, asked.user, asked.channel, context.slack_clock.now())
        if context.holds_read:
            context.holds_read.ask(trip)
        trip.run()
        if not _is_within_limit(taken(), asked.user, context, changes=changes, tell_always=tell_always):
            return None
        _read_unknown(_unknown_of(asked.asker, known()), asked.asker, context)
        return handler()

    return handle_once(req, handle, lambda error: error_boundary.answer_error(error, context, asked), context)


def handle_once(
    req: BoltRequest,
    handler: Callable[[], A | None],
    answer_error: Callable[[Exception], A],
    context: AppContext,
) -> A | None:
    """The answer, also if the request was refused or failed. The delivery counts as handled unless Redis was
    away.

    Raises:
        RedisError: Redis does not answer.
    """
    deliveries = context.deliveries
    delivery = req.context.get("delivery")
    try:
        try:
            answer = handler()
        except RedisError:
            raise
        except Exception as error:  # noqa: BLE001 - its sender reads a sentence
            answer = answer_error(error)
        last = context.last_round_trip or RoundTrip(context.store.redis)
        if delivery:
            deliveries.ask_to_finish(last, delivery, json.dumps(answer.to_slack()) if answer else "")
        try:
            last.run()
        except RedisError:
            if last.must_succeed:
                raise
    except RedisError:
        if delivery:
            with suppress(RedisError):
                deliveries.abandon(delivery)
        raise
    return answer


def open_form_or_send(reply: PrivateReply, asked: Request, context: AppContext) -> None:
    """Opens the form of the reply. If there is none, or Slack does not open it, a worker sends the words."""

    def send() -> None:
        send_reply(reply, asked, context)

    if reply.form is not None and asked.trigger_id:
        context.views.open(asked.trigger_id, reply.form, send)
    else:
        send()


def read_if_unknown(asker: Asker, context: AppContext) -> None:
    """Has a worker read who asks and where, if that is not known, and waits a little. What is unknown then is
    refused, and may be known at the next try."""
    now = context.slack_clock.now()
    _read_unknown(
        _unknown_of(asker, context.directory.find_asker(asker.user, asker.channel, now)), asker, context
    )


def _read_unknown(unknown: list[str], asker: Asker, context: AppContext) -> None:
    directory, now = context.directory, context.slack_clock.now
    for slack_id in unknown:
        context.jobs.read_slack_directory(slack_id)
    until = time.monotonic() + KNOWLEDGE_WAIT_SECONDS
    while unknown and time.monotonic() < until:
        time.sleep(KNOWLEDGE_POLL_SECONDS)
        unknown = _unknown_of(asker, directory.person_and_channel(asker.user, asker.channel, now()))


def _unknown_of(asker: Asker, known: tuple[Person | None, Channel | None]) -> list[str]:
    person, channel = known
    unknown = [] if person else [asker.user]
    if asker.channel and channel is None:
        unknown.append(asker.channel)
    return unknown


def _changes_something(text: str) -> bool:
    """Whether what was typed asks for a change, by its first word: all of it is read only once the request
    counts. A service alone is a mistake."""
    words = text.split(maxsplit=1)
    subcommand = commands.SUBCOMMANDS.get(words[0].lower()) if words else None
    if subcommand is None:
        return len(words) > 1
    return not subcommand.is_query and subcommand.announcement is None


def within_limit(
    handler: Callable[[], A | None],
    user: str,
    context: AppContext,
    *,
    changes: bool,
    tell_always: bool = False,
) -> A | None:
    """What the handler answers, if this person has not asked for too much; otherwise nothing is looked at.

    tell_always: a slash command is answered in its ack, which costs nothing. Other answers are calls to
    Slack, so each person is told once.

    Raises:
        TooManyRequests
    """
    exceeded = context.request_limits.take(user, changes=changes)
    is_within = _is_within_limit(exceeded, user, context, changes=changes, tell_always=tell_always)
    return handler() if is_within else None


def _is_within_limit(
    exceeded: Exceeded | None, user: str, context: AppContext, *, changes: bool, tell_always: bool
) -> bool:
    """False: this person asks for too much, and has been told."""
    if exceeded is None:
        return True
    if exceeded.is_first:
        log.warning("somebody sends too many requests", user=user, changes=changes)
    elif not tell_always:
        return False
    limits = context.request_limits.limits
    limit = limits.changes_per_minute if changes else limits.queries_per_minute
    refusal = TooManyRequests(limit=limit, what=_WHATS[changes], seconds=exceeded.seconds)
    refusal.is_first = exceeded.is_first
    raise refusal
