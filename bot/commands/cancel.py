"""`/deploy cancel [SERVICE, group or id] [reason]`: of a deploy, or of all deploys of a batch, which go by
their group or list too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NoReturn

from bot import disambiguation
from bot.app_context import AppContext
from bot.grammar import (
    CANCEL_TARGET,
    REASON,
    Allowed,
    Command,
    ParseError,
    ParseErrorKind,
    Subcommand,
    optional,
)
from bot.private_reply import PrivateReply
from bot.request import Request
from deploys.access_rules import Action
from deploys.buttons.cancel import cancel_deploy
from deploys.buttons.cancel_batch import cancel_batch
from deploys.catalogue.suggestions import nearest_names
from deploys.errors import NothingToCancel, UnknownDeploy
from deploys.mrkdwn import code, escape
from deploys.records.batch import Batch
from deploys.records.deploy import Deploy
from deploys.stores.active_deploys import ActiveDeploy


def run(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """Cancels the deploy or batch that is meant, or asks which.

    Raises:
        BatchRefused, NothingLeftToCancel: of a batch.
        UnknownService, UnknownDeploy, NothingToCancel, NotADeployer, MembershipUnknown, CommandTooLate,
        MentionTooLate, AlreadyCancelled, AlreadyRollingBack, TooLateToCancel
    """
    _refuse_several_names(command, context)
    active = context.store.list_active()
    batches = _find_batches(command.target, active, context) if command.target else []
    if len(batches) == 1:
        return PrivateReply(cancel_batch(batches[0], request, context, command.reason))
    if batches:
        for each in batches:
            _only_seen(context.store.batch_deploys(each), request, context)
        return disambiguation.ask_which_to_cancel((), batches)
    if command.target:
        deploys = _find_deploys(command.target, active, request, context)
    else:
        deploys = _find_deploys_of(request.user, active, context)
    if len(deploys) > 1:
        deploys = _only_seen(deploys, request, context)
        return disambiguation.ask_which_to_cancel(deploys, _find_shared_batches(deploys, context))
    return PrivateReply(cancel_deploy(deploys[0].id, request, context, command.reason))


def _refuse_several_names(command: Command, context: AppContext) -> None:
    """`cancel web api` would cancel `web` alone, with `api` as the reason."""
    names = (*context.catalogue.service_names, *context.catalogue.service_group_names)
    words = command.reason.lower().split()
    if words and all(each in names for each in words):
        raise ParseError(ParseErrorKind.TOO_MANY_WORDS, command.reason, verb=SUBCOMMAND.name)


def _find_deploys_of(user: str, active: Sequence[ActiveDeploy], context: AppContext) -> list[Deploy]:
    """The open deploys this person asked for."""
    deploys = context.store.read_shown(each for each in active if each.summary.requester == user)
    return _only_open(deploys) or _refuse_nothing_to_cancel("you")


def _find_deploys(
    name_or_id: str, active: Sequence[ActiveDeploy], request: Request, context: AppContext
) -> list[Deploy]:
    """The open deploys of a service, or the deploy with this id."""
    catalogue = context.access.seen_by(request.asker)
    if name_or_id in context.catalogue.services:
        context.access.may(Action.SEE, request.asker, name_or_id)
    of_service = [each for each in active if each.summary.service == name_or_id]
    if found := context.store.read_shown(of_service):
        return _only_open(found) or _refuse_nothing_to_cancel(code(name_or_id))
    if name_or_id in catalogue.services or catalogue.get_service_group(name_or_id) or "," in name_or_id:
        return _refuse_nothing_to_cancel(code(name_or_id))
    deploy = context.store.get(name_or_id)
    if deploy is not None:
        return [deploy]
    if nearest_names(name_or_id, catalogue.service_names):
        raise catalogue.unknown_service(name_or_id)
    raise UnknownDeploy(id=escape(name_or_id[:64]).replace("`", "’"))


def _only_seen(deploys: list[Deploy], request: Request, context: AppContext) -> list[Deploy]:
    """Those whose service may be seen here.

    Raises:
        Refused: none may.
    """
    seen = context.access.seen_by(request.asker)
    if found := [each for each in deploys if each.service.name in seen.services]:
        return found
    context.access.may(Action.SEE, request.asker, deploys[0].service.name)
    return deploys


def _only_open(deploys: list[Deploy]) -> list[Deploy]:
    """Those whose outcome is open; of these, those that nobody has cancelled yet, if there are any."""
    in_progress = [each for each in deploys if each.in_progress]
    return [each for each in in_progress if not each.cancel] or in_progress


def _refuse_nothing_to_cancel(what: str) -> NoReturn:
    raise NothingToCancel(what=what)


def _find_batches(name_or_id: str, active: Sequence[ActiveDeploy], context: AppContext) -> list[Batch]:
    """The batch with this id, or those under way that go by this group or list, in any order."""
    if batch := context.store.batch(name_or_id):
        return [batch]
    names = sorted(name_or_id.split(","))
    ids = (each.summary.batch_id for each in active if each.summary.in_progress)
    batches = _read_batches(ids, context)
    return [each for each in batches if sorted(each.name.split(",")) == names]


def _find_shared_batches(deploys: Sequence[Deploy], context: AppContext) -> list[Batch]:
    """The batches that more than one of these deploys belong to."""
    ids = [each.batch_id for each in deploys]
    return [batch for batch in _read_batches(ids, context) if ids.count(batch.id) > 1]


def _read_batches(ids: Iterable[str | None], context: AppContext) -> list[Batch]:
    return context.store.batches(list(dict.fromkeys(filter(None, ids))))


SUBCOMMAND = Subcommand(
    name="cancel",
    arguments=(optional(CANCEL_TARGET), REASON),
    help="withdraws it, or rolls back what has begun",
    allowed=Allowed.ANYBODY,  # who may cancel depends on the deploy, see `Access.may_cancel`
    run=run,
)
