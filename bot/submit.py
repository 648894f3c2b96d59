"""Queues deploys: builds the record, writes it with the queue and the audit entry in one script, and has
workers act.

Of several services all checks come first; then one script queues all of them or none.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot import attempts, queue_limits, submit_texts
from bot.app_context import AppContext
from bot.grammar import DEPLOY, Command
from bot.private_reply import PrivateReply
from bot.request import Request
from deploys.access import Action, refuse_batch
from deploys.catalogue.service import Service, ServiceGroup
from deploys.errors import Refused, TooManyServices
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
    """The record of a deploy that is asked for now (epoch seconds), from where the request came."""
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
    command: Command, request: Request, context: AppContext, *, verb: Verb = Verb.DEPLOY
) -> PrivateReply:
    """Queues a deploy, restart, rollback or following, or says that the same is under way. The caller has
    checked that this person may deploy the service.

    Raises:
        UnknownService, CommandTooLate, MentionTooLate, QueueFull, TooManyOpenDeploys
    """
    deploy = build_deploy(
        request,
        context.catalogue.get_service(command.service),
        context.now(),
        verb=verb,
        tag=command.tag,
        rollback_target=command.target,
        reason=command.reason,
    )
    request.refuse_if_late()
    queue_limits.refuse_if_too_many([deploy], context)
    submission = context.store.submit(deploy)
    if submission.is_duplicate:
        attempts.write_repetition(submission.deploy.id, command, request, context)
        return submit_texts.already_under_way(submission.deploy, context.threads, context.now())
    if request.response_url:
        context.threads.save_response_url(deploy.id, request.response_url)
    context.jobs.publish(deploy.id)
    if not submission.ahead:
        context.jobs.advance(deploy.id)
        return submit_texts.queued(submission.deploy)
    ahead = _deploys_ahead(submission.deploy, submission.ahead, context)
    return submit_texts.queued_behind(submission.deploy, ahead)


def _deploys_ahead(deploy: Deploy, count: int, context: AppContext) -> list[Deploy]:
    ids = context.store.service_queue(deploy.service.name)[:count]
    return [found for each in ids if each != deploy.id and (found := context.store.get(each))]


@dataclass(frozen=True)
class BatchRequest:
    """What was named: a list, or a group."""

    name: str
    services: tuple[str, ...]
    group: ServiceGroup | None = None


def submit_batch(
    wanted: BatchRequest, request: Request, context: AppContext, *, tag: str, reason: str
) -> PrivateReply:
    """Queues a deploy of each service, or none; then it says which is under way, or refused, and why.

    Raises:
        TooManyServices, BatchRefused, CommandTooLate, MentionTooLate, QueueFull, TooManyOpenDeploys
    """
    if len(wanted.services) > MAX_SERVICES:
        raise TooManyServices(count=len(wanted.services), most=MAX_SERVICES)
    services = _check_access_to_all(wanted, request, context)
    batch_id = new_deploy_id()
    deploys = [
        build_deploy(
            request,
            service,
            context.now(),
            tag=tag,
            reason=reason,
            batch_id=batch_id,
            batch_position=position,
        )
        for position, service in enumerate(services)
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
    queue_limits.refuse_if_too_many(deploys, context)
    submissions = context.store.submit_batch(batch, deploys)
    if any(each.is_duplicate for each in submissions):
        command = Command(DEPLOY, wanted.services, tag=tag, reason=reason)
        attempts.write_repetition("", command, request, context)
        duplicates = [each.deploy for each in submissions]
        return submit_texts.batch_already_under_way(duplicates, context.threads, context.now())
    if request.response_url:
        context.threads.save_response_url(batch.id, request.response_url)
    context.jobs.publish(batch.id)
    for each in submissions:
        if not each.ahead:
            context.jobs.advance(each.deploy.id)
    return submit_texts.batch_queued(batch, submissions)


def _check_access_to_all(wanted: BatchRequest, request: Request, context: AppContext) -> list[Service]:
    """All of the services, if this person may deploy every one of them.

    Raises:
        BatchRefused
    """
    services = []
    refusals: list[Refused] = []
    for name in wanted.services:
        try:
            context.access.may(Action.DEPLOY, request.asker, name)
            service = context.catalogue.get_service(name)
        except Refused as refusal:
            refusals.append(refusal)
        else:
            services.append(service)
    if refusals:
        raise refuse_batch(refusals, "queued", context.jobs)
    return services
