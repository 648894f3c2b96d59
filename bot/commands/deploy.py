"""`/deploy SERVICE TAG [why]`, `/deploy SERVICE,SERVICE TAG [why]` and `/deploy GROUP TAG [why]`"""

from __future__ import annotations

from bot.desk import Desk
from bot.grammar import DeployCommand, DeploySeveralCommand
from bot.reply import Reply
from bot.request import Request
from bot.several import Several, take_in_several
from bot.taking_in import take_in
from deploys.errors import GroupInList


def run(command: DeployCommand, request: Request, desk: Desk) -> Reply:
    """Takes a deploy in, or all of a group, or says that the same is under way.

    Raises:
        UnknownService, NotADeployer, WrongChannel, MembershipUnknown, TooLate, LateMention
        TooManyAtOnce, SeveralRefused: it is a group.
    """
    if group := desk.catalogue.group(command.service):
        what = Several(group.name, group.services, group=group)
        return take_in_several(what, request, desk, tag=command.tag, why=command.why)
    return take_in(command.service, request, desk, tag=command.tag, why=command.why)


def several(command: DeploySeveralCommand, request: Request, desk: Desk) -> Reply:
    """Takes all of these in, or none.

    Raises:
        GroupInList, TooManyAtOnce, SeveralRefused, and as above.
    """
    for name in command.services:
        if desk.catalogue.group(name):
            raise GroupInList(name=name)
    what = Several(",".join(command.services), command.services)
    return take_in_several(what, request, desk, tag=command.tag, why=command.why)
