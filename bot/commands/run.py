"""`/deploy run SERVICE -- COMMAND`: runs a command once, in a task of the revision that runs now."""

from __future__ import annotations

from bot.app_context import AppContext
from bot.grammar import COMMAND, SERVICE, Allowed, Command, Subcommand
from bot.private_reply import PrivateReply
from bot.request import Request
from bot.submit import submit_deploy
from deploys.records.request import Verb


def run(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """Queues it, or says that the same is under way. No deploy waits for it.

    Raises:
        ServiceLocked, CommandTooLate, MentionTooLate, QueueFull, TooManyOpenDeploys
    """
    return submit_deploy(command, request, context, verb=Verb.RUN)


SUBCOMMAND = Subcommand(
    name="run",
    arguments=(SERVICE, COMMAND),
    help="runs a command once, in a task of its own, for those who may",
    allowed=Allowed.RUNNERS,
    run=run,
)
