"""`/deploy cancel [SERVICE, group or id]`"""

from __future__ import annotations

from typing import NoReturn

from bot import decide, disambiguation
from bot.app_context import AppContext
from bot.grammar import CancelCommand
from bot.private_reply import PrivateReply
from bot.request import Request
from deploys.catalogue.suggestions import nearest_names
from deploys.errors import NothingToCancel, UnknownDeploy
from deploys.mrkdwn import code, escape
from deploys.records.deploy import Deploy


def run(command: CancelCommand, request: Request, context: AppContext) -> PrivateReply:
    """Cancels the deploy that is meant, or all that were asked for at once, or asks which.

    Raises:
        SeveralRefused, NothingLeftToCancel: of several that were asked for at once.
        UnknownService, UnknownDeploy, NothingToCancel, NotADeployer, MembershipUnknown, TooLate, LateMention,
        AlreadyCancelled, AlreadyGoingBack, TooLateToCancel
    """
    batches = decide.find_batches_by_name(command.target, context) if command.target else []
    if len(batches) == 1:
        return decide.cancel_batch(batches[0], request, context)
    if batches:
        return disambiguation.ask_which_batch_to_cancel(batches)
    meant = (
        _open_deploys_named(command.target, context)
        if command.target
        else _open_deploys_of_user(request.user, context)
    )
    if len(meant) > 1:
        return disambiguation.ask_which_to_cancel(meant, decide.find_shared_batches(meant, context))
    return decide.cancel_deploy(meant[0].id, request, context)


def _open_deploys_of_user(user: str, context: AppContext) -> list[Deploy]:
    """The open deploys this person asked for."""
    mine = [each for each in context.store.active() if each.request.requester == user]
    return _keep_open(mine) or _refuse_nothing_to_cancel("you")


def _open_deploys_named(word: str, context: AppContext) -> list[Deploy]:
    """The open deploys of a service, or the deploy with this id."""
    if found := [each for each in context.store.active() if each.service.name == word]:
        return _keep_open(found) or _refuse_nothing_to_cancel(code(word))
    if word in context.catalogue.service_names or context.catalogue.get_service_group(word) or "," in word:
        return _refuse_nothing_to_cancel(code(word))
    deploy = context.store.get(word)
    if deploy is not None:
        return [deploy]
    if nearest_names(word, context.catalogue.service_names):
        context.catalogue.get_service(word)
    raise UnknownDeploy(id=escape(word[:64]).replace("`", "’"))


def _keep_open(deploys: list[Deploy]) -> list[Deploy]:
    """Those whose outcome is open; those alone that nobody has cancelled yet, where there are any."""
    still_open = [each for each in deploys if each.in_progress]
    return [each for each in still_open if not each.cancel] or still_open


def _refuse_nothing_to_cancel(what: str) -> NoReturn:
    raise NothingToCancel(what=what)
