"""`/deploy unlock SERVICE [reason]`: ends a lock. That of somebody else is broken, and its owner is told."""

from __future__ import annotations

from collections.abc import Sequence

from bot.app_context import AppContext
from bot.grammar import LOCK_TARGET, REASON, Allowed, Command, Subcommand
from bot.private_reply import PrivateReply
from bot.request import Request
from deploys.access_rules import Action
from deploys.errors import UnknownService
from deploys.errors.locks import LockOver, NotLocked
from deploys.holds.breaking_locks import break_lock, lock_entry, services_of
from deploys.holds.held_deploys import wake_held_deploys
from deploys.holds.hold_ends import UNLOCKED, who_ended, who_unlocked
from deploys.holds.lock_text import locked_thing
from deploys.mrkdwn import code, mention
from deploys.records.lock import ALL_SERVICES


def run(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """Ends the lock of exactly this target.

    Raises:
        UnknownService, NotLocked, LockOver, LockNotYours, CommandTooLate, MentionTooLate
        Refused: what `Access.may` raises, of a service of it.
    """
    now = context.now()
    lock = context.locks.find(command.target, now)
    services = services_of(command.target, context.catalogue)
    is_own = lock is not None and lock.owner == request.user
    if not is_own:
        _refuse_unless_seen(command.target, services, request, context)
    if lock is None:
        if not services:
            raise _unknown(command.target, request, context)
        what = "Everything" if command.target == ALL_SERVICES else code(command.target)
        raise NotLocked(what=what, how=who_unlocked(command.target, context.store.redis, now))
    if is_own:
        for service in services:
            context.access.may(Action.LOCK, request.asker, service)
    request.refuse_if_late()
    told = ""
    if is_own:
        entry = lock_entry(
            lock, "unlock", UNLOCKED, request.asker, context.catalogue, now, why=command.reason
        )
        if not context.locks.release(lock, entry):
            raise LockOver(how=who_ended(lock.id, context.store.redis, now))
    else:
        break_lock(lock, request.asker, context, now, why=command.reason)
        told = f" {mention(lock.owner)}, whose lock it was, is told."
    wake_held_deploys(context.store, context.threads, context.jobs, now)
    return PrivateReply(f"Unlocked: {locked_thing(lock)}. What waited for it goes on.{told}")


def _refuse_unless_seen(target: str, services: Sequence[str], request: Request, context: AppContext) -> None:
    """Who has locked what, and why, is told to those who may see one of its services there; of a name that
    `services.yml` no longer has, to those who may see any. Raises UnknownService, and what `Access.may`
    raises."""
    seen = context.access.seen_by(request.asker).services
    if not services and not seen:
        raise _unknown(target, request, context)
    if services and not any(each in seen for each in services):
        context.access.may(Action.SEE, request.asker, services[0])


def _unknown(target: str, request: Request, context: AppContext) -> UnknownService:
    return context.access.seen_by(request.asker).unknown_service(target)


SUBCOMMAND = Subcommand(
    name="unlock",
    arguments=(LOCK_TARGET, REASON),
    help="ends a lock",
    allowed=Allowed.ANYBODY,  # its owner may, and those who may override
    run=run,
    done_words="Unlocked:",
)
