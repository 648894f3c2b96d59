"""`/deploy lock SERVICE [for 2h] REASON`: keeps others from deploying a service, a group or all."""

from __future__ import annotations

from collections.abc import Sequence

from bot.app_context import AppContext
from bot.grammar import LOCK_TARGET, LOCK_TIME, WHY, Allowed, Command, Subcommand
from bot.private_reply import PrivateReply
from bot.request import Request
from deploys.access_rules import Action
from deploys.catalogue.catalogue import Catalogue
from deploys.errors.locks import AlreadyLocked
from deploys.holds.breaking_locks import lock_entry, lock_facts, services_of
from deploys.holds.held_deploys import wake_held_deploys
from deploys.holds.lock_text import length_text, locked_thing, until_text
from deploys.mrkdwn import mentions, reason_sentence
from deploys.records.deploy import new_deploy_id
from deploys.records.lock import ALL_SERVICES, Lock

MAX_NAMED = 10
"""People and user groups that the answer names (count)."""


def run(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """Locks, or changes the lock that this person has.

    Raises:
        UnknownService, NotAllowed, WrongChannel, MembershipUnknown, CommandTooLate, MentionTooLate
        AlreadyLocked: somebody else was first.
    """
    services = services_of(command.target, context.catalogue)
    if not services:
        raise context.access.seen_by(request.asker).unknown_service(command.target)
    for service in services:
        context.access.may(Action.LOCK, request.asker, service)
    now = context.now()
    lock = Lock(
        id=new_deploy_id(),
        target=command.target,
        services=() if command.target == ALL_SERVICES else services,
        owner=request.user,
        reason=command.reason,
        named=tuple(filter(None, command.mentioned.split(","))),
        since=now,
        expires_at=None if command.seconds is None else now + command.seconds,
        channel=request.channel,
        team=request.team,
    )
    request.refuse_if_late()
    entry = lock_entry(lock, "lock", "locked", request.asker, context.catalogue, now)
    found, before = context.locks.take(lock, entry)
    if found.id != lock.id:
        raise AlreadyLocked(**lock_facts(found, request.asker, context))
    wake_held_deploys(context.store, context.threads, context.jobs, now)
    return PrivateReply(_answer(lock, before))


def _answer(lock: Lock, before: Lock | None) -> str:
    was = ""
    if before is not None:
        length = "" if before.expires_at is None else f" for {length_text(before.expires_at - before.since)}"
        was = f" This replaces your lock{length}: {reason_sentence(before.reason)}"
    only = f"you and {mentions(lock.named[:MAX_NAMED])}" if lock.named else "everybody who may roll back"
    return (
        f"Locked: {locked_thing(lock)}, {until_text(lock)}: {reason_sentence(lock.reason)}{was} Your own "
        f"deploys pass; rollbacks pass for {only}. `/deploy unlock {lock.target}` ends it."
    )


def _more_help(catalogue: Catalogue) -> Sequence[str]:
    example = catalogue.service_names[0] if catalogue.service_names else "web"
    return (f"`/deploy lock {example} for 2h checking the graphs`; also a group, or `*` for all",)


SUBCOMMAND = Subcommand(
    name="lock",
    arguments=(LOCK_TARGET, LOCK_TIME, WHY),
    help="keeps others from deploying it",
    allowed=Allowed.ANYBODY,  # who may lock is asked of each service that is meant
    run=run,
    done_words="Locked:",
    more_help=_more_help,
)
