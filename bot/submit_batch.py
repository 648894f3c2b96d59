"""Queues deploys of several services at once: all checks come first; then one script queues all or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from structlog.contextvars import bind_contextvars

from bot import attempts, submit_texts
from bot.app_context import AppContext
from bot.grammar import Command
from bot.private_reply import PrivateReply
from bot.request import Request
from bot.submit import build_deploy, build_deploy_request, find_holds, hold_sources, refuse_if_locked
from deploys.access import refuse_batch
from deploys.access_rules import Action
from deploys.buttons.override_freeze import override_deploy
from deploys.catalogue.service import Service, ServiceGroup
from deploys.errors import (
    NotADeployer,
    Refused,
    ServiceFrozen,
    ServiceLocked,
    SlackUnsure,
    TooManyServices,
    UnknownService,
)
from deploys.holds.overrides import is_held_by_freeze, override_freeze
from deploys.queue_forecast import QueueReader
from deploys.queue_limits import submit_within_limits
from deploys.records.batch import MAX_SERVICES, Batch
from deploys.records.deploy import Deploy, new_deploy_id
from deploys.records.request import Verb
from deploys.stores.current_holds import CurrentHolds


@dataclass(frozen=True)
class BatchRequest:
    """What was named: a list, or a group."""

    name: str
    services: tuple[str, ...]
    group: ServiceGroup | None = None

    @property
    def order_matters(self) -> bool:
        """Whether leaving some out would change what happens to the others."""
        return bool(self.group and (self.group.in_order or self.group.stop_on_first_failure))


def submit_batch(
    wanted: BatchRequest,
    command: Command,
    request: Request,
    context: AppContext,
    *,
    overrides_freeze: bool = False,
) -> PrivateReply:
    """Queues a deploy of each service, or none; then it says which is under way, or refused, and why. The
    caller has checked that there is a reason if freezes are overridden.

    Raises:
        TooManyServices, BatchRefused, CommandTooLate, MentionTooLate, QueueFull, TooManyOpenDeploys
    """
    if len(wanted.services) > MAX_SERVICES:
        raise TooManyServices(count=len(wanted.services), most=MAX_SERVICES)
    current = context.holds_read or CurrentHolds(context.store.redis)
    services = _check_all(wanted, command, request, context, current, overrides_freeze=overrides_freeze)
    batch_id, now = new_deploy_id(), context.now()
    deploys = [
        build_deploy(
            request,
            service,
            now,
            tag=command.tag,
            reason=command.reason,
            batch_id=batch_id,
            batch_position=position,
        )
        for position, service in enumerate(services)
    ]
    if overrides_freeze:
        deploys = [
            override_freeze(each, request.user, command.reason, now, command_line=request.command_line)
            if context.freezes.find(each.service.name, now)
            else each
            for each in deploys
        ]
    batch = Batch(
        id=batch_id,
        name=wanted.name,
        is_group=wanted.group is not None,
        tag=command.tag,
        deploys=tuple(each.id for each in deploys),
        in_order=bool(wanted.group and wanted.group.in_order),
        stop_on_first_failure=bool(wanted.group and wanted.group.stop_on_first_failure),
        request=build_deploy_request(request, command.reason, now),
    )
    request.refuse_if_late()
    submissions = submit_within_limits(
        deploys,
        context.store,
        context.request_limits.limits,
        batch=batch,
        response_url=request.response_url or "",
    )
    bind_contextvars(deploy=batch.id)
    if any(each.is_duplicate for each in submissions):
        found = [each.deploy for each in submissions]
        return _answer_repetition(found, command, request, context, overrides_freeze=overrides_freeze)
    for each in submissions:
        if not each.ahead:
            context.jobs.advance(each.deploy.id)
    if any(each.ahead for each in submissions):
        context.jobs.publish()
    holds = find_holds([each.deploy for each in submissions], context, current)
    queues = QueueReader(context.store, now, hold_sources(context, current))
    waiting = queues.read_all([each.deploy for each in submissions if each.ahead])
    return submit_texts.with_holds(submit_texts.batch_queued(batch, deploys, waiting), holds)


def _answer_repetition(
    found: Sequence[Deploy],
    command: Command,
    request: Request,
    context: AppContext,
    *,
    overrides_freeze: bool,
) -> PrivateReply:
    """Nothing was added: this is under way already. What waits for the end of a freeze goes on, if that is
    overridden."""
    held = [each for each in found if overrides_freeze and is_held_by_freeze(each)]
    if held and len(held) == len(found):
        for each in held:
            context.access.may(Action.OVERRIDE, request.asker, each.service.name)
        goes_on = [override_deploy(each, command.reason, request, context) for each in held]
        return submit_texts.batch_goes_on(goes_on, context.threads)
    attempts.write_repetition("", command, request, context)
    return submit_texts.batch_already_under_way(found, context.threads, context.now())


def _check_all(
    wanted: BatchRequest,
    command: Command,
    request: Request,
    context: AppContext,
    current: CurrentHolds,
    *,
    overrides_freeze: bool,
) -> list[Service]:
    """All of the services, if this person may deploy every one of them, and nothing keeps them from it.

    Raises:
        BatchRefused: its facts say what would lift it.
    """
    services: list[Service] = []
    refusals: dict[str, Refused] = {}
    for name in wanted.services:
        try:
            context.access.may(Action.DEPLOY, request.asker, name)
            service = context.catalogue.get_service(name)
            if overrides_freeze and context.freezes.find(name, context.now()):
                context.access.may(Action.OVERRIDE, request.asker, name)
            elif not overrides_freeze:
                context.freezes.refuse_if_frozen(name, context.now(), tag=command.tag, asker=request.asker)
            if not command.waits_for_lock:
                refuse_if_locked(name, Verb.DEPLOY, request, context, current)
        except Refused as refusal:
            refusals[name] = refusal
        else:
            services.append(service)
    if refusals:
        refused = refuse_batch([*refusals.values()], "queued", context.jobs)
        refused.facts |= _choices(wanted, refusals)
        if not wanted.order_matters:
            refused.facts["others"] = ",".join(each.name for each in services)
        raise refused
    return services


def _choices(wanted: BatchRequest, refusals: Mapping[str, Refused]) -> dict[str, str]:
    """What would lift the refusal of all: facts of the error for its buttons. Pure."""
    found = [*refusals.values()]
    kinds = {type(each) for each in found}
    facts: dict[str, str] = {}
    if kinds <= {ServiceLocked, ServiceFrozen} and ServiceFrozen in kinds:
        frozen = [each for each in found if isinstance(each, ServiceFrozen)]
        facts["may_override"] = "yes" if all(each.facts["may_override"] == "yes" for each in frozen) else "no"
        facts["people"] = _named_by_all([each.facts["people"] for each in frozen])
    elif kinds == {ServiceLocked}:
        locks = {each.facts["lock"]: each.facts for each in found}
        facts["locked"] = "yes"
        if len(locks) == 1:
            [lock] = locks.values()
            facts |= {name: lock[name] for name in ("lock", "target", "may_break")}
    elif any(issubclass(each, SlackUnsure) for each in kinds):
        facts["again"] = "yes"
    elif kinds == {NotADeployer}:
        facts["people"] = _named_by_all([each.facts["deployers"] for each in found])
    elif kinds == {UnknownService}:
        meant = [refusals[name].facts["likely"] if name in refusals else name for name in wanted.services]
        if all(meant) and len(set(meant)) == len(meant):
            facts["meant"] = ",".join(meant)
    return facts


def _named_by_all(people: Sequence[str]) -> str:
    """The mentions that are in all of these lists; empty if there are none."""
    common = [set(each.split(", ")) for each in people]
    return ", ".join(who for who in people[0].split(", ") if all(who in each for each in common))
