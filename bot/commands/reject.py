"""`/deploy reject SERVICE REASON`: rejects the plan that waits for approval, and says why. The button on the
card does the same without a reason.

There is no such command to approve: an approval is for the plan that is shown, and that has the button.
"""

from __future__ import annotations

from bot.app_context import AppContext
from bot.grammar import REJECT_TARGET, WHY, Allowed, Command, Subcommand
from bot.private_reply import PrivateReply
from bot.request import Request
from deploys import deploy_text
from deploys.access_rules import Action
from deploys.buttons.reject import reject
from deploys.errors import NothingToReject, OneOfSeveral
from deploys.mrkdwn import code
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase


def run(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """Rejects it.

    Raises:
        UnknownService, NothingToReject, OneOfSeveral, NotAnApprover, NoSelfRejection, QuestionClosed,
        AlreadyDecided, PlanChanged, CommandTooLate, MentionTooLate, and what `Access.may` raises.
    """
    deploy = context.store.get(command.target) or _find_of_service(command.target, request, context)
    context.access.may(Action.SEE, request.asker, deploy.service.name)
    rejected = reject(deploy, deploy.approval.question, request, context, command.reason)
    thread = context.threads.link(deploy.thread_id)
    return PrivateReply(f"Rejected: {deploy_text.name_in_sentence(rejected)}. See {thread}.")


def _find_of_service(name: str, request: Request, context: AppContext) -> Deploy:
    context.access.may(Action.SEE, request.asker, name)
    of_service = [each for each in context.store.list_active() if each.summary.service == name]
    asking = [
        each
        for each in context.store.read_shown(of_service)
        if each.phase is Phase.AWAITING_APPROVAL and each.in_progress
    ]
    if not asking:
        raise NothingToReject(service=code(name))
    if len(asking) > 1:
        ids = ", ".join(code(each.id) for each in asking)
        raise OneOfSeveral(service=code(name), ids=ids)
    return asking[0]


SUBCOMMAND = Subcommand(
    name="reject",
    arguments=(REJECT_TARGET, WHY),
    help="rejects what waits for approval, and says why",
    allowed=Allowed.ANYBODY,  # who may decide is asked once it is known which deploy is meant
    run=run,
)
