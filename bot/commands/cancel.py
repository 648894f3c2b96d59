"""`/deploy cancel [SERVICE, group or id]`"""

from __future__ import annotations

from typing import NoReturn

from bot import cancelling, choices, deciding
from bot.desk import Desk
from bot.grammar import CancelCommand
from bot.reply import Reply
from bot.request import Request
from deploys.catalogue.nearest import nearest
from deploys.deploy import Deploy
from deploys.errors import NothingToCancel, UnknownDeploy
from deploys.mrkdwn import code, escape


def run(command: CancelCommand, request: Request, desk: Desk) -> Reply:
    """Cancels the deploy that is meant, or all that were asked for at once, or asks which.

    Raises:
        SeveralRefused, NothingLeftToCancel: of several that were asked for at once.
        UnknownService, UnknownDeploy, NothingToCancel, NotADeployer, MembershipUnknown, TooLate, LateMention,
        AlreadyCancelled, AlreadyGoingBack, TooLateToCancel
    """
    batches = cancelling.named(command.what, desk) if command.what else []
    if len(batches) == 1:
        return cancelling.cancel_all(batches[0], request, desk)
    if batches:
        return choices.which_batch_to_cancel(batches)
    meant = _of_word(command.what, desk) if command.what else _of_user(request.user, desk)
    if len(meant) > 1:
        return choices.which_to_cancel(meant, cancelling.shared(meant, desk))
    return deciding.cancel(meant[0].id, request, desk)


def _of_user(user: str, desk: Desk) -> list[Deploy]:
    """The open deploys this person asked for."""
    mine = [each for each in desk.store.live() if each.requester == user]
    return _open(mine) or _nothing("you")


def _of_word(word: str, desk: Desk) -> list[Deploy]:
    """The open deploys of a service, or the deploy with this id."""
    if found := [each for each in desk.store.live() if each.service.name == word]:
        return _open(found) or _nothing(code(word))
    if word in desk.catalogue.names or desk.catalogue.group(word) or "," in word:
        return _nothing(code(word))
    deploy = desk.store.get(word)
    if deploy is not None:
        return [deploy]
    if nearest(word, desk.catalogue.names):
        desk.catalogue.service(word)
    raise UnknownDeploy(id=escape(word[:64]).replace("`", "’"))


def _open(deploys: list[Deploy]) -> list[Deploy]:
    """Those whose outcome is open; those alone that nobody has cancelled yet, where there are any."""
    still_open = [each for each in deploys if each.live]
    return [each for each in still_open if not each.cancel] or still_open


def _nothing(what: str) -> NoReturn:
    raise NothingToCancel(what=what)
