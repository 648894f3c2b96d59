"""Several services at once: all checks of all of them first, then one script that takes in all or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.desk import Desk
from bot.record import record_of
from bot.replies_of_several import taken_in, under_way
from bot.reply import Reply
from bot.request import Request
from deploys.batch import MOST, Batch
from deploys.catalogue.service import Group, Service
from deploys.deploy import new_deploy_id
from deploys.errors import MembershipUnknown, Refused, SeveralRefused, TooManyAtOnce

MOST_REFUSALS = 5
"""Refusals told in one answer (count)."""


@dataclass(frozen=True)
class Several:
    """What was named: a list, or a group."""

    name: str
    services: tuple[str, ...]
    group: Group | None = None


def take_in_several(what: Several, request: Request, desk: Desk, *, tag: str, why: str) -> Reply:
    """Takes a deploy of each service in, or none; then it says which is under way, or refused, and why.

    Raises:
        TooManyAtOnce, SeveralRefused, TooLate, LateMention
    """
    if len(what.services) > MOST:
        raise TooManyAtOnce(count=len(what.services), most=MOST)
    services = _permitted(what, request, desk)
    batch_id = new_deploy_id()
    deploys = [
        record_of(request, service, desk.now(), tag=tag, why=why, batch=batch_id, place=place)
        for place, service in enumerate(services)
    ]
    batch = Batch(
        id=batch_id,
        name=what.name,
        group=what.group is not None,
        tag=tag,
        why=why,
        deploys=tuple(each.id for each in deploys),
        in_order=bool(what.group and what.group.in_order),
        stop_on_first_failure=bool(what.group and what.group.stop_on_first_failure),
        requester=request.user,
        team=request.team,
        channel=request.channel,
        thread_ts=request.thread_ts,
        new_thread=request.new_thread,
        requested_at=desk.now(),
    )
    request.refuse_if_late()
    asked = desk.store.request_batch(batch, deploys)
    if any(each.existing for each in asked):
        return under_way([each.deploy for each in asked], desk.threads, desk.now())
    if request.response_url:
        desk.threads.answer_at(batch.id, request.response_url)
    desk.bell.publish(batch.id)
    for each in asked:
        if not each.ahead:
            desk.bell.advance(each.deploy.id)
    return taken_in(batch, asked)


def _permitted(what: Several, request: Request, desk: Desk) -> list[Service]:
    """All of the services, once every one of them may be deployed."""
    services = []
    refusals: list[Refused] = []
    for name in what.services:
        try:
            service = desk.catalogue.service(name)
            desk.access.may_deploy(request.user, name, request.channel)
        except Refused as refusal:
            refusals.append(refusal)
        else:
            services.append(service)
    if refusals:
        if any(isinstance(each, MembershipUnknown) for each in refusals):
            desk.bell.groups()
        raise SeveralRefused(done="queued", refusals=refusals_listed(refusals))
    return services


def refusals_listed(refusals: Sequence[Refused]) -> str:
    """The refusals of several services, behind the sentence that nothing was done."""
    messages = list(dict.fromkeys(each.message for each in refusals))
    if len(messages) == 1:
        return f" {messages[0]}"
    lines = [f"\n• {message}" for message in messages[:MOST_REFUSALS]]
    rest = len(messages) - MOST_REFUSALS
    return "".join([*lines, f"\n• and {rest} more" if rest > 0 else ""])
