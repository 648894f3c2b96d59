"""`/deploy rollback SERVICE [TAG or deploy id]`"""

from __future__ import annotations

from bot.desk import Desk
from bot.grammar import RollbackCommand
from bot.reply import Reply
from bot.request import Request
from bot.taking_in import take_in
from deploys.deploy import Verb


def run(command: RollbackCommand, request: Request, desk: Desk) -> Reply:
    """Takes a rollback in, or says that the same is under way. Whether there is such a target, the plan says.

    Raises:
        UnknownService, NotADeployer, WrongChannel, MembershipUnknown, TooLate, LateMention
    """
    return take_in(command.service, request, desk, verb=Verb.ROLLBACK, target=command.target)
