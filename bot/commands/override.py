"""`/deploy override SERVICE TAG REASON`: deploys although the service is frozen. It takes several services,
or a group, as `/deploy` does. Locks hold it still."""

from __future__ import annotations

from bot.app_context import AppContext
from bot.commands.deploy import find_batch
from bot.grammar import SERVICES, TAG, WHY, Allowed, Command, Subcommand
from bot.private_reply import PrivateReply
from bot.request import Request
from bot.submit import submit_deploy
from bot.submit_batch import submit_batch
from deploys.access_rules import Action
from deploys.errors.freezes import ReasonMissing
from deploys.mrkdwn import escape
from deploys.records.request import Verb


def run(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """Queues a deploy that freezes do not hold; or, if that deploy waits for the end of one, lets it go on.
    Without a tag, as a button may ask for it, it is a restart.

    Raises:
        NotAllowed, WrongChannel, MembershipUnknown: this person may not override freezes of the service.
        ReasonMissing, AlreadyDecided, CommandTooLate, MentionTooLate
        GroupInList, TooManyServices, BatchRefused: there are several services.
    """
    wanted = find_batch(command, request, context)
    if wanted is None:
        context.access.may(Action.OVERRIDE, request.asker, command.service)
    if not command.reason.strip():
        raise ReasonMissing(service=escape(",".join(command.services)), tag=escape(command.tag) or "TAG")
    if wanted is not None:
        return submit_batch(wanted, command, request, context, overrides_freeze=True)
    verb = Verb.DEPLOY if command.tag else Verb.RESTART
    return submit_deploy(command, request, context, verb=verb, overrides_freeze=True)


SUBCOMMAND = Subcommand(
    name="override",
    arguments=(SERVICES, TAG, WHY),
    help="deploys although the service is frozen, for those who may",
    allowed=Allowed.DEPLOYERS,
    run=run,
)
