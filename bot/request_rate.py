"""How many requests are taken from one person. Counted before anything else is done."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from bot import commands
from bot.app_context import AppContext
from bot.grammar import Command, ParseError
from bot.private_reply import PrivateReply
from deploys.errors import TooManyRequests

log = structlog.get_logger()

WHATS = {True: "requests that change something", False: "requests"}


def changes_something(parse: Callable[[], Command]) -> bool:
    """Whether a text asks for a change. A mistake changes nothing."""
    try:
        subcommand = commands.SUBCOMMANDS[parse().subcommand]
    except ParseError:
        return False
    return not subcommand.is_query and subcommand.announcement is None


def within_limit(
    handler: Callable[[], PrivateReply | None],
    user: str,
    context: AppContext,
    *,
    changes: bool,
    tell_always: bool = False,
) -> PrivateReply | None:
    """What the handler answers, if this person has not asked for too much; otherwise nothing is looked at.

    tell_always: a slash command is answered in its ack, which costs nothing. Other answers are calls to
    Slack, so each person is told once.

    Raises:
        TooManyRequests
    """
    exceeded = context.request_limits.take(user, changes=changes)
    if exceeded is None:
        return handler()
    if exceeded.is_first:
        log.warning("somebody sends too many requests", user=user, changes=changes)
    elif not tell_always:
        return None
    limits = context.request_limits.limits
    limit = limits.changes_per_minute if changes else limits.queries_per_minute
    raise TooManyRequests(limit=limit, what=WHATS[changes], seconds=exceeded.seconds)
