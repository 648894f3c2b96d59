"""`/deploy rollback SERVICE [TAG or deploy id]`: brings back what ran before. It takes no reason, because a
word of one could pass for a tag."""

from __future__ import annotations

from bot.app_context import AppContext
from bot.grammar import EARLIER_VERSION, SERVICE, Allowed, Command, Subcommand, optional
from bot.private_reply import PrivateReply
from bot.request import Request
from bot.submit import submit_deploy
from deploys.records.request import Verb


def run(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """Queues a rollback, or says that the same is under way. The plan finds out whether the version exists.

    Raises:
        CommandTooLate, MentionTooLate
    """
    return submit_deploy(command, request, context, verb=Verb.ROLLBACK)


SUBCOMMAND = Subcommand(
    name="rollback",
    arguments=(SERVICE, optional(EARLIER_VERSION)),
    help="brings back what ran well before",
    allowed=Allowed.ROLLBACKERS,
    run=run,
)
