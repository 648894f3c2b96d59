"""`/deploy SERVICE TAG [reason]`, and the same for several services or a group of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from bot.app_context import AppContext
from bot.grammar import DEPLOY, REASON, SERVICES, TAG, Allowed, Command, Subcommand
from bot.private_reply import PrivateReply
from bot.request import Request
from bot.submit import BatchRequest, submit_batch, submit_deploy
from deploys.catalogue.catalogue import Catalogue
from deploys.errors import CommaMissing, GroupInList


def run(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """Queues a deploy of the service, or of each service, or says that the same is under way.

    Raises:
        CommandTooLate, MentionTooLate
        CommaMissing: the tag is another service, and a reason follows.
        GroupInList, TooManyServices, BatchRefused: there are several services.
    """
    if wanted := _find_batch(command, context.catalogue):
        return submit_batch(wanted, request, context, tag=command.tag, reason=command.reason)
    _refuse_missing_commas(command, context.catalogue)
    return submit_deploy(command, request, context)


def _find_batch(command: Command, catalogue: Catalogue) -> BatchRequest | None:
    if group := catalogue.get_service_group(command.service):
        return BatchRequest(group.name, group.services, group=group)
    if len(command.services) == 1:
        return None
    for name in command.services:
        if catalogue.get_service_group(name):
            raise GroupInList(name=name)
    return BatchRequest(",".join(command.services), command.services)


def _refuse_missing_commas(command: Command, catalogue: Catalogue) -> None:
    """`web api 1.4.2` would look for the tag `api` of `web`, with `1.4.2` as the reason."""
    words = [command.tag, *command.reason.split()]
    services = [word.lower() for word in takewhile(lambda word: word.lower() in catalogue.services, words)]
    if services and len(words) > len(services):
        raise CommaMissing(
            word=command.tag, name=command.service, names=",".join([command.service, *services])
        )


def _more_help(catalogue: Catalogue) -> Sequence[str]:
    example = catalogue.service_names[0]
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
