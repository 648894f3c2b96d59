"""`/deploy SERVICE TAG [why]`, `/deploy SERVICE,SERVICE TAG [why]` and `/deploy GROUP TAG [why]`"""

from __future__ import annotations

from itertools import takewhile

from bot.desk import Desk
from bot.grammar import DeployCommand, DeploySeveralCommand
from bot.reply import Reply
from bot.request import Request
from bot.several import Several, take_in_several
from bot.taking_in import take_in
from deploys.catalogue.catalogue import Catalogue
from deploys.errors import GroupInList, NoCommas


def run(command: DeployCommand, request: Request, desk: Desk) -> Reply:
    """Takes a deploy in, or all of a group, or says that the same is under way.

    Raises:
        UnknownService, NotADeployer, WrongChannel, MembershipUnknown, TooLate, LateMention
        NoCommas: the tag is another service, and a reason follows.
        TooManyAtOnce, SeveralRefused: it is a group.
    """
    if group := desk.catalogue.group(command.service):
        what = Several(group.name, group.services, group=group)
        return take_in_several(what, request, desk, tag=command.tag, why=command.why)
    _refuse_blanks_between_services(command, desk.catalogue)
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


def _refuse_blanks_between_services(command: DeployCommand, catalogue: Catalogue) -> None:
    """`web api 1.4.2` would look for the tag `api` of `web`, with `1.4.2` as the reason."""
    service = catalogue.service(command.service)
    words = [command.tag, *command.why.split()]
    more = [word.lower() for word in takewhile(lambda word: word.lower() in catalogue.services, words)]
    if more and len(words) > len(more):
        raise NoCommas(word=command.tag, name=service.name, names=",".join([service.name, *more]))
