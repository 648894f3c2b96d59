"""`/deploy plan SERVICE TAG`"""

from __future__ import annotations

from bot import reply_texts
from bot.app_context import AppContext
from bot.grammar import PlanCommand
from bot.private_reply import PrivateReply
from bot.request import Request
from deploys.records.deploy import new_deploy_id


def run(command: PlanCommand, request: Request, context: AppContext) -> PrivateReply:
    """Has a worker look what that would change. Whoever may deploy it may ask.

    Raises:
        UnknownService, NotADeployer, WrongChannel, MembershipUnknown
        RedisError: no worker was rung.
    """
    service = context.catalogue.get_service(command.service)
    context.access.may_deploy(request.user, service.name, request.channel)
    question = new_deploy_id()
    if request.response_url:
        context.threads.save_response_url(question, request.response_url)
    context.jobs.answer_plan(
        question, service.name, command.tag, request.channel, request.answer_thread, request.user
    )
    return reply_texts.plan_announced(service.name, command.tag)
