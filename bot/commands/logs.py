"""`/deploy logs SERVICE`: a worker reads the last lines of the newest tasks, and answers."""

from __future__ import annotations

from bot.app_context import AppContext
from bot.grammar import CONTAINER, LINES, SERVICE, Allowed, Command, Subcommand
from bot.private_reply import PrivateReply
from bot.request import Request
from bot.worker_query import ask_worker
from deploys.catalogue.service import LogLines
from deploys.console_links import service_logs_link
from deploys.errors import LogsHidden
from deploys.mrkdwn import code
from deploys.redaction import redact

DEFAULT_LINES = 20
"""Lines of each log, if nobody says how many (count)."""


def run(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """Has a worker answer.

    Raises:
        LogsHidden
        RedisError: no job was queued.
    """
    service = context.catalogue.get_service(command.service)
    if service.logs is LogLines.HIDE:
        raise LogsHidden(service=service.name, link=service_logs_link(service))
    where = (request.channel, request.answer_thread, request.user, request.team)
    ask_worker(
        request,
        context,
        lambda trip, query_id: context.jobs.answer_logs(
            trip,
            query_id,
            command.service,
            redact(command.target),
            command.count or DEFAULT_LINES,
            *where,
        ),
    )
    return PrivateReply(announce(command), card_will_tell=True)


def announce(command: Command) -> str:
    """The immediate reply."""
    of = f"{code(command.target)} of {code(command.service)}" if command.target else code(command.service)
    return f"Reading the last log lines of {of}. They follow here, and only you see them."


SUBCOMMAND = Subcommand(
    name="logs",
    arguments=(SERVICE, CONTAINER, LINES),
    help="shows the last lines of its newest tasks, to you alone",
    allowed=Allowed.IN_ITS_CHANNELS,
    run=run,
    announcement=announce,
)
