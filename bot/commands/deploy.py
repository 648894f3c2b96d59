"""`/deploy SERVICE TAG [why]`"""

from __future__ import annotations

from bot.desk import Desk
from bot.grammar import DeployCommand
from bot.reply import Reply
from bot.request import Request
from bot.taking_in import take_in


def run(command: DeployCommand, request: Request, desk: Desk) -> Reply:
    """Takes a deploy in, or says that the same is under way.

    Raises:
        UnknownService, NotADeployer, WrongChannel, MembershipUnknown, TooLate, LateMention
    """
    return take_in(command.service, request, desk, tag=command.tag, why=command.why)
