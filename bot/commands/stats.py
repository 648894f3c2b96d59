"""`/deploy stats [SERVICE]`: how often, how fast and how safely software was delivered. A worker answers."""

from __future__ import annotations

from bot.app_context import AppContext
from bot.grammar import SERVICES, Allowed, Command, Subcommand, optional
from bot.private_reply import PrivateReply
from bot.request import Request
from bot.visibility import find_named_services, hidden_note
from bot.worker_query import ask_about_services


def run(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """Has a worker answer, of a service, of a group or list of services, or of all that may be seen.

    Raises:
        Refused: one of those that were named may not be seen here, or there is none.
        RedisError: no job was queued.
    """
    seen = context.access.seen_by(request.asker)
    named = find_named_services(command, request, context)
    services = named or tuple(seen.services)
    if not services:
        return PrivateReply(hidden_note(seen, context) or "There is no service yet.")
    ask_about_services("answer_stats", services, request, context)
    return PrivateReply(announce(command), card_will_tell=True)


def announce(command: Command) -> str:
    """The immediate reply."""
    return "Counting the deploys of the last 30 days. The numbers follow here."


SUBCOMMAND = Subcommand(
    name="stats",
    arguments=(optional(SERVICES),),
    help="shows deployment frequency, lead time, failure rate and time to restore",
    allowed=Allowed.ANYBODY,
    run=run,
    announcement=announce,
)
