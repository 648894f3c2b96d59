"""What somebody asked for, as the record of a deploy.

Requests that become deploys: whether they may, then the record, the line and the bells.

Several services at once: all checks of all of them first, then one script that takes in all or none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot import reply_texts
from bot.app_context import AppContext
from bot.batch_reply_texts import batch_already_under_way, batch_queued
from bot.private_reply import PrivateReply
from bot.request import Request
from deploys.catalogue.service import Service, ServiceGroup
from deploys.errors import BatchRefused, MembershipUnknown, Refused, TooManyServices
from deploys.records.batch import MAX_SERVICES, Batch
from deploys.records.deploy import Deploy, new_deploy_id
from deploys.records.request import DeployRequest, Verb


def build_deploy(
    request: Request,
    service: Service,
    now: float,
    *,
    verb: Verb = Verb.DEPLOY,
    tag: str = "",
    rollback_target: str = "",
    reason: str = "",
    batch_id: str | None = None,
    batch_position: int = 0,
) -> Deploy:
    """A new record, asked for now (epoch seconds) by whoever sent the request, where they sent it."""
    return Deploy(
        id=new_deploy_id(),
        service=service,
        verb=verb,
        tag=tag,
        rollback_target=rollback_target,
        request=_deploy_request(request, reason, now),
        batch_id=batch_id,
        batch_position=batch_position,
    )


def _deploy_request(request: Request, reason: str, now: float) -> DeployRequest:
    return DeployRequest(
        reason=reason,
        requester=request.user,
        team=request.team,
        channel=request.channel,
        thread_ts=request.thread_ts,
        new_thread=request.new_thread,
        requested_at=now,
    )


def submit_deploy(
    service_name: str,
    request: Request,
    context: AppContext,
    *,
    verb: Verb = Verb.DEPLOY,
    tag: str = "",
    rollback_target: str = "",
    reason: str = "",
) -> PrivateReply:
    """Takes a deploy, restart or rollback in, or says that the same is under way.

    Raises:
        UnknownService, NotADeployer, WrongChannel, MembershipUnknown, TooLate, LateMention
    """
    service = context.catalogue.get_service(service_name)
    context.access.may_deploy(request.user, service.name, request.channel)
    deploy = build_deploy(
        request, service, context.now(), verb=verb, tag=tag, rollback_target=rollback_target, reason=reason
    )
    request.refuse_if_late()
    asked = context.store.submit(deploy)
    if asked.is_duplicate:
        return reply_texts.already_under_way(asked.deploy, context.threads, context.now())
    if request.response_url:
        context.threads.save_response_url(deploy.id, request.response_url)
    context.jobs.publish(deploy.id)
    if not asked.ahead:
        context.jobs.advance(deploy.id)
        return reply_texts.queued(asked.deploy)
    return reply_texts.queued_behind(asked.deploy, _deploys_ahead(asked.deploy, asked.ahead, context))


def _deploys_ahead(deploy: Deploy, count: int, context: AppContext) -> list[Deploy]:
    ids = context.store.service_queue(deploy.service.name)[:count]
    return [found for each in ids if each != deploy.id and (found := context.store.get(each))]


MAX_REFUSALS_SHOWN = 5
"""Refusals told in one answer (count)."""


@dataclass(frozen=True)
class BatchRequest:
    """What was named: a list, or a group."""

    name: str
    services: tuple[str, ...]
    group: ServiceGroup | None = None


def submit_batch(
    wanted: BatchRequest, request: Request, context: AppContext, *, tag: str, reason: str
) -> PrivateReply:
    """Takes a deploy of each service in, or none; then it says which is under way, or refused, and why.

    Raises:
        TooManyAtOnce, SeveralRefused, TooLate, LateMention
    """
    if len(wanted.services) > MAX_SERVICES:
        raise TooManyServices(count=len(wanted.services), most=MAX_SERVICES)
    services = _check_access_to_all(wanted, request, context)
    batch_id = new_deploy_id()
    deploys = [
        build_deploy(
            request, service, context.now(), tag=tag, reason=reason, batch_id=batch_id, batch_position=place
        )
        for place, service in enumerate(services)
    ]
    batch = Batch(
        id=batch_id,
        name=wanted.name,
        is_group=wanted.group is not None,
        tag=tag,
        deploys=tuple(each.id for each in deploys),
        in_order=bool(wanted.group and wanted.group.in_order),
        stop_on_first_failure=bool(wanted.group and wanted.group.stop_on_first_failure),
        request=_deploy_request(request, reason, context.now()),
    )
    request.refuse_if_late()
    asked = context.store.submit_batch(batch, deploys)
    if any(each.is_duplicate for each in asked):
        return batch_already_under_way([each.deploy for each in asked], context.threads, context.now())
    if request.response_url:
        context.threads.save_response_url(batch.id, request.response_url)
    context.jobs.publish(batch.id)
    for each in asked:
        if not each.ahead:
            context.jobs.advance(each.deploy.id)
    return batch_queued(batch, asked)


def _check_access_to_all(wanted: BatchRequest, request: Request, context: AppContext) -> list[Service]:
    """All of the services, once every one of them may be deployed."""
    services = []
    refusals: list[Refused] = []
    for name in wanted.services:
        try:
            service = context.catalogue.get_service(name)
            context.access.may_deploy(request.user, name, request.channel)
        except Refused as refusal:
            refusals.append(refusal)
        else:
            services.append(service)
    if refusals:
        if any(isinstance(each, MembershipUnknown) for each in refusals):
            context.jobs.read_user_groups()
        raise BatchRefused(done="queued", refusals=list_refusals(refusals))
    return services


def list_refusals(refusals: Sequence[Refused]) -> str:
    """The refusals of several services, behind the sentence that nothing was done."""
    messages = list(dict.fromkeys(each.message for each in refusals))
    if len(messages) == 1:
        return f" {messages[0]}"
    lines = [f"\n• {message}" for message in messages[:MAX_REFUSALS_SHOWN]]
    rest = len(messages) - MAX_REFUSALS_SHOWN
    return "".join([*lines, f"\n• and {rest} more" if rest > 0 else ""])
