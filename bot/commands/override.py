"""`/deploy override SERVICE TAG REASON`: deploys although the service is frozen. Locks hold it still."""

from __future__ import annotations

from bot.app_context import AppContext
from bot.grammar import REQUIRED_REASON, SERVICE, TAG, Allowed, Command, Subcommand
from bot.private_reply import PrivateReply
from bot.request import Request
from bot.submit import submit_deploy
from deploys.access import Action
from deploys.errors import ReasonMissing
from deploys.mrkdwn import escape
from deploys.records.request import Verb


def run(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """Queues a deploy that freezes do not hold; or, if that deploy waits for the end of one, lets it go on.
    Without a tag, as a button may ask for it, it is a restart.

    Raises:
        NotAllowed, WrongChannel, MembershipUnknown: this person may not override freezes of the service.
        ReasonMissing, AlreadyDecided, CommandTooLate, MentionTooLate
    """
    context.access.may(Action.OVERRIDE, request.asker, command.service)
    if not command.reason.strip():
        raise ReasonMissing(service=command.service, tag=escape(command.tag) or "TAG")
    verb = Verb.DEPLOY if command.tag else Verb.RESTART
    return submit_deploy(command, request, context, verb=verb, overrides_freeze=True)


SUBCOMMAND = Subcommand(
    name="override",
    arguments=(SERVICE, TAG, REQUIRED_REASON),
    help="deploys although the service is frozen, for those who may",
    allowed=Allowed.DEPLOYERS,
    run=run,
)
