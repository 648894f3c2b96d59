"""`/deploy restart SERVICE [reason]`: the same version in new tasks. Which version that is, the plan says."""

from __future__ import annotations

from bot.app_context import AppContext
from bot.grammar import REASON, SERVICE, Allowed, Command, Subcommand
from bot.private_reply import PrivateReply
from bot.request import Request
from bot.submit import submit_deploy
from deploys.records.request import Verb


def run(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """Queues a restart, or says that one is under way.

    Raises:
        CommandTooLate, MentionTooLate
    """
    return submit_deploy(command, request, context, verb=Verb.RESTART)


SUBCOMMAND = Subcommand(
    name="restart",
    arguments=(SERVICE, REASON),
    help="starts the same version in new tasks",
    allowed=Allowed.DEPLOYERS,
    run=run,
)
