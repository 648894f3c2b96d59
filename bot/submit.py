"""Queues deploys: builds the record, writes it with the queue and the audit entry in one script, and has
workers act. Several at once: `bot.submit_batch`.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import suppress

from redis.exceptions import RedisError
from structlog.contextvars import bind_contextvars

from bot import attempts, submit_texts
from bot.app_context import AppContext
from bot.grammar import Command
from bot.private_reply import PrivateReply, with_buttons
from bot.request import Request
from deploys.buttons.button import Button
from deploys.buttons.override_freeze import override_deploy
from deploys.buttons.replace_waiting import find_replaceable, replace_waiting_button, replaceable_request
from deploys.catalogue.service import Service
from deploys.errors import ServiceLocked
from deploys.holds.breaking_locks import lock_facts
from deploys.holds.held_deploys import HoldSource, first_hold
from deploys.holds.locks import StopHolds
from deploys.holds.overrides import is_held_by_freeze, override_freeze
from deploys.holds.service_freezes import HELD_VERBS
from deploys.queue_forecast import QueueReader, WaitingDeploy
from deploys.queue_limits import submit_within_limits
from deploys.records.count_change import CountChange
from deploys.records.deploy import Deploy, new_deploy_id
from deploys.records.hold import Hold, HoldKind
from deploys.records.request import DeployRequest, Verb
from deploys.records.typed_command import TypedCommand
from deploys.redis_round_trip import RoundTrip
from deploys.stores.audit import lock_fields
from deploys.stores.claims import Submission
from deploys.stores.current_holds import CurrentHolds
from deploys.stores.typed_commands import TypedCommands


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
    count_change: CountChange | None = None,
    command: TypedCommand | None = None,
) -> Deploy:
    """The record of a deploy that is asked for now (epoch seconds), from where the request came."""
    return Deploy(
        id=new_deploy_id(),
        service=service,
        verb=verb,
        tag=tag,
        rollback_target=rollback_target,
        count_change=count_change,
        command=command,
        request=build_deploy_request(request, reason, now),
        batch_id=batch_id,
        batch_position=batch_position,
    )


def build_deploy_request(request: Request, reason: str, now: float) -> DeployRequest:
    """Who asked, why, when (epoch seconds) and where."""
    return DeployRequest(
        reason=reason,
        requester=request.user,
        team=request.team,
        channel=request.channel,
        thread_ts=request.thread_ts,
        new_thread=request.new_thread,
        requested_at=now,
        from_form=request.from_form,
        command_line=request.command_line,
    )


def submit_deploy(
    command: Command,
    request: Request,
    context: AppContext,
    *,
    verb: Verb = Verb.DEPLOY,
    overrides_freeze: bool = False,
) -> PrivateReply:
    """Queues a deploy, restart, rollback, following, scaling or command, or says that the same is under way.
    The caller has checked that this person may do that, and override the service's freezes if that is asked
    for.

    Raises:
        UnknownService, ServiceFrozen, ServiceLocked, CommandTooLate, MentionTooLate, QueueFull,
        TooManyOpenDeploys
    """
    if verb in HELD_VERBS and not overrides_freeze:
        context.freezes.refuse_if_frozen(command.service, context.now(), tag=command.tag, asker=request.asker)
    deploy = build_deploy(
        request,
        context.catalogue.get_service(command.service),
        context.now(),
        verb=verb,
        tag=command.tag,
        rollback_target=command.target,
        reason=command.reason,
        count_change=None if command.count is None else CountChange(wanted=command.count),
        command=TypedCommand.of(arguments) if (arguments := shlex.split(command.command_line)) else None,
    )
    is_frozen = overrides_freeze and context.freezes.find(command.service, context.now()) is not None
    if is_frozen:
        deploy = override_freeze(
            deploy, request.user, command.reason, context.now(), command_line=request.command_line
        )
    current = context.holds_read or CurrentHolds(context.store.redis)
    if not command.waits_for_lock:
        refuse_if_locked(deploy.service.name, verb, request, context, current)
    request.refuse_if_late()
    if deploy.command and deploy.command.has_secret:
        TypedCommands(context.store.redis).save(deploy.id, arguments)
    [submission] = submit_within_limits(
        [deploy], context.store, context.request_limits.limits, response_url=request.response_url or ""
    )
    bind_contextvars(deploy=submission.deploy.id)
    if submission.is_duplicate:
        if overrides_freeze and is_held_by_freeze(submission.deploy):
            held = override_deploy(submission.deploy, command.reason, request, context)
            return submit_texts.goes_on(held, context.threads)
        attempts.write_repetition(submission.deploy.id, command, request, context)
        return submit_texts.already_under_way(submission.deploy, context.threads, context.now())
    overrides_nothing = overrides_freeze and not is_frozen
    return _start(submission, context, current, overrides_nothing=overrides_nothing)


def _start(
    submission: Submission, context: AppContext, current: CurrentHolds, *, overrides_nothing: bool
) -> PrivateReply:
    """Has a worker begin it, if nothing is before it."""
    deploy = submission.deploy
    waiting = WaitingDeploy(deploy)
    if submission.ahead:
        reader = QueueReader(context.store, context.now(), hold_sources(context, current))
        if submission.queue:
            reader.know(deploy, submission.queue)
        waiting = reader.read(deploy)
    if not waiting.ahead:
        context.jobs.advance(deploy.id)  # its first steps have its thread opened
    holds = find_holds([deploy], context, current)
    reply = submit_texts.queued_behind(waiting) if waiting.ahead else submit_texts.queued(deploy)
    reply = submit_texts.with_holds(reply, holds)
    if overrides_nothing:
        reply = submit_texts.without_freeze(reply, deploy.service.name)
    if not waiting.ahead:
        return reply
    if not holds:
        _wake_held_first(waiting.ahead, context)
    return with_buttons(reply, _offer_replacement(deploy, waiting.ahead, context))


def _offer_replacement(deploy: Deploy, ahead: Sequence[Deploy], context: AppContext) -> tuple[Button, ...]:
    """The button that gives it the place of one that waits, if it may have that. The scheduler has its thread
    opened."""
    other = find_replaceable(deploy, ahead, context.access)
    if other is None:
        return ()
    kept = replaceable_request(deploy, other)
    last = context.last_round_trip or RoundTrip(context.store.redis)
    context.refused_requests.ask_to_save(last, kept)
    if last is not context.last_round_trip:
        with suppress(RedisError):  # it is queued all the same
            last.run()
    return (replace_waiting_button(kept),)


def refuse_if_locked(
    service: str, verb: Verb, request: Request, context: AppContext, current: CurrentHolds
) -> None:
    """Raises ServiceLocked if a lock stops this person."""
    locks = context.lock_holds.going_by(current)
    lock = locks.find_lock(service, verb, request.user, context.now())
    if lock is not None:
        refusal = ServiceLocked(service=service, **lock_facts(lock, request.asker, context))
        refusal.refused_by = {"hold": HoldKind.LOCK.value, **lock_fields(lock)}
        raise refusal


def hold_sources(context: AppContext, current: CurrentHolds) -> tuple[HoldSource, ...]:
    """The stop of all deploys, locks and freezes."""
    return (StopHolds(current), context.lock_holds.going_by(current), context.freezes)


def find_holds(deploys: Sequence[Deploy], context: AppContext, current: CurrentHolds) -> list[Hold]:
    """What holds these deploys right away: a freeze has refused them before, or is overridden."""
    sources = hold_sources(context, current)[:2]
    found = (first_hold(sources, each, context.now()) for each in deploys)
    return list(dict.fromkeys(hold for hold in found if hold))


def _wake_held_first(ahead: Sequence[Deploy], context: AppContext) -> None:
    """What is held at the head of the queue lets the new deploy pass, at once and not with its next look."""
    if ahead and ahead[0].hold:
        context.store.make_due([ahead[0].id])
        context.jobs.advance(ahead[0].id)
