"""Requests that become deploys: whether they may, then the record, the line and the bells."""

from __future__ import annotations

from bot import replies
from bot.desk import Desk
from bot.record import record_of
from bot.reply import Reply
from bot.request import Request
from deploys.deploy import Deploy, Verb


def take_in(
    service_name: str,
    request: Request,
    desk: Desk,
    *,
    verb: Verb = Verb.DEPLOY,
    tag: str = "",
    target: str = "",
    why: str = "",
) -> Reply:
    """Takes a deploy, restart or rollback in, or says that the same is under way.

    Raises:
        UnknownService, NotADeployer, WrongChannel, MembershipUnknown, TooLate, LateMention
    """
    service = desk.catalogue.service(service_name)
    desk.access.may_deploy(request.user, service.name, request.channel)
    deploy = record_of(request, service, desk.now(), verb=verb, tag=tag, target=target, why=why)
    request.refuse_if_late()
    asked = desk.store.request(deploy)
    if asked.existing:
        return replies.under_way(asked.deploy, desk.threads, desk.now())
    if request.response_url:
        desk.threads.answer_at(deploy.id, request.response_url)
    desk.bell.publish(deploy.id)
    if not asked.ahead:
        desk.bell.advance(deploy.id)
        return replies.started(asked.deploy)
    return replies.waits(asked.deploy, _ahead(asked.deploy, asked.ahead, desk))


def _ahead(deploy: Deploy, count: int, desk: Desk) -> list[Deploy]:
    ids = desk.store.line(deploy.service.name)[:count]
    return [found for each in ids if each != deploy.id and (found := desk.store.get(each))]
