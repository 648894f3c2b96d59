"""`/deploy plan SERVICE TAG`: a worker finds out what that would change, and answers."""

from __future__ import annotations

from bot.app_context import AppContext
from bot.grammar import SERVICE, TAG, Allowed, Command, Subcommand
from bot.private_reply import PrivateReply
from bot.request import Request
from bot.worker_query import ask_worker
from deploys.mrkdwn import code


def run(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """Has a worker answer.

    Raises:
        RedisError: no job was queued.
    """
    where = (request.channel, request.answer_thread, request.user, request.team)
    ask_worker(
        request,
        context,
        lambda trip, query_id: context.jobs.answer_plan(trip, query_id, command.service, command.tag, *where),
    )
    return PrivateReply(announce(command), card_will_tell=True)


def announce(command: Command) -> str:
    """The immediate reply."""
    return f"Looking at what {code(command.service)} {code(command.tag)} would change. The plan follows here."


SUBCOMMAND = Subcommand(
    name="plan",
    arguments=(SERVICE, TAG),
    help="shows what that would change, and changes nothing",
    allowed=Allowed.DEPLOYERS,
    run=run,
    announcement=announce,
)
