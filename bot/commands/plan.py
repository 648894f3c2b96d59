"""`/deploy plan SERVICE TAG`"""

from __future__ import annotations

from bot import replies
from bot.desk import Desk
from bot.grammar import PlanCommand
from bot.reply import Reply
from bot.request import Request
from deploys.deploy import new_deploy_id


def run(command: PlanCommand, request: Request, desk: Desk) -> Reply:
    """Has a worker look what that would change. Whoever may deploy it may ask.

    Raises:
        UnknownService, NotADeployer, WrongChannel, MembershipUnknown
        RedisError: no worker was rung.
    """
    service = desk.catalogue.service(command.service)
    desk.access.may_deploy(request.user, service.name, request.channel)
    question = new_deploy_id()
    if request.response_url:
        desk.threads.answer_at(question, request.response_url)
    desk.bell.plan(question, service.name, command.tag, request.channel, request.answer_thread, request.user)
    return replies.looking_for_plan(service.name, command.tag)
