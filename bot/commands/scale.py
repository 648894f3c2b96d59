"""`/deploy scale SERVICE COUNT [reason]`: sets the desired count as a deploy sets the revision."""

from __future__ import annotations

from bot.app_context import AppContext
from bot.grammar import COUNT, REASON, SERVICE, Allowed, Command, Subcommand
from bot.private_reply import PrivateReply
from bot.request import Request
from bot.submit import submit_deploy
from deploys.errors import ScaleToZero
from deploys.records.request import Verb


def run(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """Queues it, or says that the same is under way.

    Raises:
        ScaleToZero: nobody has confirmed yet that no task is to run.
        ServiceLocked, CommandTooLate, MentionTooLate, QueueFull, TooManyOpenDeploys
    """
    if command.count == 0 and not command.confirmed:
        raise ScaleToZero(service=command.service)
    return submit_deploy(command, request, context, verb=Verb.SCALE)


SUBCOMMAND = Subcommand(
    name="scale",
    arguments=(SERVICE, COUNT, REASON),
    help="sets how many tasks run; says what auto scaling will do",
    allowed=Allowed.SCALERS,
    run=run,
)
