"""`/deploy tags SERVICE`"""

from __future__ import annotations

from bot import reply_texts
from bot.app_context import AppContext
from bot.grammar import TagsCommand
from bot.private_reply import PrivateReply
from bot.request import Request
from deploys.records.deploy import new_deploy_id


def run(command: TagsCommand, request: Request, context: AppContext) -> PrivateReply:
    """Has a worker look which tags there are. Anybody in a channel of the service may ask.

    Raises:
        UnknownService, WrongChannelToAsk
        RedisError: no worker was rung.
    """
    service = context.catalogue.get_service(command.service)
    context.access.may_ask_about(service.name, request.channel)
    question = new_deploy_id()
    if request.response_url:
        context.threads.save_response_url(question, request.response_url)
    context.jobs.answer_tags(question, service.name, request.channel, request.answer_thread, request.user)
    return reply_texts.tags_announced(service.name)
