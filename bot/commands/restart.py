"""`/deploy restart SERVICE [why]`"""

from __future__ import annotations

from bot.desk import Desk
from bot.grammar import RestartCommand
from bot.reply import Reply
from bot.request import Request
from bot.taking_in import take_in
from deploys.deploy import Verb


def run(command: RestartCommand, request: Request, desk: Desk) -> Reply:
    """Takes a restart in, or says that one is under way. Which tag that is, the plan says.

    Raises:
        UnknownService, NotADeployer, WrongChannel, MembershipUnknown, TooLate, LateMention
    """
    return take_in(command.service, request, desk, verb=Verb.RESTART, why=command.why)
