"""`/deploy tags SERVICE`: a worker reads which tags there are, and answers."""

from __future__ import annotations

from bot.app_context import AppContext
from bot.grammar import SERVICE, Allowed, Command, Subcommand
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
        lambda trip, query_id: context.jobs.answer_tags(trip, query_id, command.service, *where),
    )
    return PrivateReply(announce(command), card_will_tell=True)


def announce(command: Command) -> str:
    """The immediate reply."""
    return f"Looking for the newest tags of {code(command.service)}. They follow here."


SUBCOMMAND = Subcommand(
    name="tags",
    arguments=(SERVICE,),
    help="lists the newest tags, and which one runs",
    allowed=Allowed.IN_ITS_CHANNELS,
    run=run,
    announcement=announce,
)
