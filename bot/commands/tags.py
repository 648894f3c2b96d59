"""`/deploy tags SERVICE`"""

from __future__ import annotations

from bot import replies
from bot.desk import Desk
from bot.grammar import TagsCommand
from bot.reply import Reply
from bot.request import Request
from deploys.deploy import new_deploy_id


def run(command: TagsCommand, request: Request, desk: Desk) -> Reply:
    """Has a worker look which tags there are. Anybody in a channel of the service may ask.

    Raises:
        UnknownService, WrongChannelToAsk
        RedisError: no worker was rung.
    """
    service = desk.catalogue.service(command.service)
    desk.access.may_look(service.name, request.channel)
    question = new_deploy_id()
    if request.response_url:
        desk.threads.answer_at(question, request.response_url)
    desk.bell.tags(question, service.name, request.channel, request.answer_thread, request.user)
    return replies.looking_for_tags(service.name)
