"""`/deploy SERVICE TAG [reason]`, and the same for several services or a group of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from bot.app_context import AppContext
from bot.grammar import DEPLOY, REASON, SERVICES, TAG, TAG_PATTERN, Allowed, Command, Subcommand
from bot.private_reply import PrivateReply
from bot.request import Request
from bot.submit import submit_deploy
from bot.submit_batch import BatchRequest, submit_batch
from deploys.catalogue.catalogue import Catalogue
from deploys.errors import CommaMissing, GroupInList
from deploys.records.batch import MAX_SERVICES


def run(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """Queues a deploy of the service, or of each service, or says that the same is under way.

    Raises:
        CommandTooLate, MentionTooLate
        CommaMissing: the tag is another service, and a reason follows.
        GroupInList, TooManyServices, BatchRefused: there are several services.
    """
    if wanted := find_batch(command, request, context):
        return submit_batch(wanted, command, request, context)
    _refuse_missing_commas(command, context.catalogue)
    return submit_deploy(command, request, context)


def find_batch(command: Command, request: Request, context: AppContext) -> BatchRequest | None:
    """The services, if several were named, or a group; None: one was.

    Raises:
        GroupInList: a group is among others. Its facts have the list that may be meant.
    """
    catalogue = context.catalogue
    if group := catalogue.get_service_group(command.service):
        return BatchRequest(group.name, group.services, group=group)
    if len(command.services) == 1:
        return None
    for name in command.services:
        if catalogue.get_service_group(name):
            meant = _expand(command.services, context.access.seen_by(request.asker))
            raise GroupInList(name=name, meant=",".join(meant))
    return BatchRequest(",".join(command.services), command.services)


def _expand(names: Sequence[str], catalogue: Catalogue) -> tuple[str, ...]:
    """The services of a list that has groups in it; a group alone if the others are in it. Empty if the order
    of a group would be lost, or a name is unknown."""
    groups = [found for name in names if (found := catalogue.get_service_group(name))]
    others = {name for name in names if catalogue.get_service_group(name) is None}
    if len(groups) == 1 and others <= set(groups[0].services):
        return (groups[0].name,)
    if any(BatchRequest(each.name, each.services, each).order_matters for each in groups):
        return ()
    members = {each.name: each.services for each in groups}
    expanded = tuple(dict.fromkeys(each for name in names for each in members.get(name, (name,))))
    is_known = all(each in catalogue.services for each in expanded)
    return expanded if is_known and len(expanded) <= MAX_SERVICES else ()


def _refuse_missing_commas(command: Command, catalogue: Catalogue) -> None:
    """`web api 1.4.2` would look for the tag `api` of `web`, with `1.4.2` as the reason."""
    words = [command.tag, *command.reason.split()]
    services = [word.lower() for word in takewhile(lambda word: word.lower() in catalogue.services, words)]
    if services and len(words) > len(services):
        names = dict.fromkeys([command.service, *services])
        tag, *reason = words[len(services) :]
        raise CommaMissing(
            word=command.tag,
            name=command.service,
            names=",".join(names),
            tag=tag if TAG_PATTERN.fullmatch(tag) else "",
            reason=" ".join(reason),
        )


def _more_help(catalogue: Catalogue) -> Sequence[str]:
    example = catalogue.service_names[0] if catalogue.service_names else "web"
    groups = catalogue.service_group_names
    group = f"; a group by its name: `/deploy {groups[0]} TAG`" if groups else ""
    return (
        f"a reason such as `on call` or `--force` goes behind a colon: `/deploy {example} 1.4.2: on call`",
        f"`/deploy SERVICE,SERVICE TAG [reason]` deploys several at once{group}",
    )


SUBCOMMAND = Subcommand(
    name=DEPLOY,
    arguments=(SERVICES, TAG, REASON),
    help="deploys an image tag, such as `1.4.2`",
    allowed=Allowed.DEPLOYERS,
    run=run,
    more_help=_more_help,
)
