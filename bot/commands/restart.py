"""`/deploy restart SERVICE [why]`"""

from __future__ import annotations

from bot.app_context import AppContext
from bot.grammar import RestartCommand
from bot.private_reply import PrivateReply
from bot.request import Request
from bot.submit import submit_deploy
from deploys.records.request import Verb


def run(command: RestartCommand, request: Request, context: AppContext) -> PrivateReply:
    """Takes a restart in, or says that one is under way. Which tag that is, the plan says.

    Raises:
        UnknownService, NotADeployer, WrongChannel, MembershipUnknown, TooLate, LateMention
    """
    return submit_deploy(command.service, request, context, verb=Verb.RESTART, reason=command.reason)
