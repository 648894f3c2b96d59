"""`/deploy SERVICE TAG [why]`, `/deploy SERVICE,SERVICE TAG [why]` and `/deploy GROUP TAG [why]`"""

from __future__ import annotations

from itertools import takewhile

from bot.app_context import AppContext
from bot.grammar import DeployBatchCommand, DeployCommand
from bot.private_reply import PrivateReply
from bot.request import Request
from bot.submit import BatchRequest, submit_batch, submit_deploy
from deploys.catalogue.catalogue import Catalogue
from deploys.errors import CommaMissing, GroupInList


def run(command: DeployCommand, request: Request, context: AppContext) -> PrivateReply:
    """Takes a deploy in, or all of a group, or says that the same is under way.

    Raises:
        UnknownService, NotADeployer, WrongChannel, MembershipUnknown, TooLate, LateMention
        NoCommas: the tag is another service, and a reason follows.
        TooManyAtOnce, SeveralRefused: it is a group.
    """
    if group := context.catalogue.get_service_group(command.service):
        what = BatchRequest(group.name, group.services, group=group)
        return submit_batch(what, request, context, tag=command.tag, reason=command.reason)
    _refuse_missing_commas(command, context.catalogue)
    return submit_deploy(command.service, request, context, tag=command.tag, reason=command.reason)


def run_batch(command: DeployBatchCommand, request: Request, context: AppContext) -> PrivateReply:
    """Takes all of these in, or none.

    Raises:
        GroupInList, TooManyAtOnce, SeveralRefused, and as above.
    """
    for name in command.services:
        if context.catalogue.get_service_group(name):
            raise GroupInList(name=name)
    what = BatchRequest(",".join(command.services), command.services)
    return submit_batch(what, request, context, tag=command.tag, reason=command.reason)


def _refuse_missing_commas(command: DeployCommand, catalogue: Catalogue) -> None:
    """`web api 1.4.2` would look for the tag `api` of `web`, with `1.4.2` as the reason."""
    service = catalogue.get_service(command.service)
    words = [command.tag, *command.reason.split()]
    more = [word.lower() for word in takewhile(lambda word: word.lower() in catalogue.services, words)]
    if more and len(words) > len(more):
        raise CommaMissing(word=command.tag, name=service.name, names=",".join([service.name, *more]))
