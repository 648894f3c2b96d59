"""`/deploy rollback SERVICE [TAG or deploy id]`"""

from __future__ import annotations

from bot.app_context import AppContext
from bot.grammar import RollbackCommand
from bot.private_reply import PrivateReply
from bot.request import Request
from bot.submit import submit_deploy
from deploys.records.request import Verb


def run(command: RollbackCommand, request: Request, context: AppContext) -> PrivateReply:
    """Takes a rollback in, or says that the same is under way. Whether there is such a target, the plan says.

    Raises:
        UnknownService, NotADeployer, WrongChannel, MembershipUnknown, TooLate, LateMention
    """
    return submit_deploy(
        command.service, request, context, verb=Verb.ROLLBACK, rollback_target=command.target
    )
