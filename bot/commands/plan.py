"""`/deploy plan SERVICE TAG`: a worker finds out what that would change, and answers."""

from __future__ import annotations

from bot.app_context import AppContext
from bot.grammar import SERVICE, TAG, Allowed, Command, Subcommand
from bot.private_reply import PrivateReply
from bot.request import Request
from bot.worker_query import new_query_id
from deploys.mrkdwn import code


def run(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """Has a worker answer.

    Raises:
        RedisError: no job was queued.
    """
    query_id = new_query_id(request, context)
    context.jobs.answer_plan(
        query_id,
        command.service,
        command.tag,
        request.channel,
        request.answer_thread,
        request.user,
        request.team,
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
