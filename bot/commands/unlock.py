"""`/deploy unlock SERVICE`: ends a lock. That of somebody else is broken, and its owner is told."""

from __future__ import annotations

from bot.app_context import AppContext
from bot.grammar import LOCK_TARGET, Allowed, Command, Subcommand
from bot.private_reply import PrivateReply
from bot.request import Request
from deploys.access import Action
from deploys.errors.locks import LockOver, NotLocked
from deploys.holds.breaking_locks import break_lock, lock_entry, services_of
from deploys.holds.held_deploys import wake_held_deploys
from deploys.holds.lock_text import locked_thing
from deploys.mrkdwn import code, mention
from deploys.records.lock import ALL_SERVICES


def run(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """Ends the lock of exactly this target.

    Raises:
        UnknownService, NotLocked, LockOver, LockNotYours, CommandTooLate, MentionTooLate
        NotAllowed, GuestRefused, WrongChannelForQuery: it may not be talked about there.
    """
    now = context.now()
    lock = context.locks.find(command.target, now)
    if lock is None or lock.owner != request.user:
        _refuse_unless_seen(command.target, request, context)
    if lock is None:
        if command.target != ALL_SERVICES and context.catalogue.get_service_group(command.target) is None:
            context.catalogue.get_service(command.target)
        raise NotLocked(what="Everything" if command.target == ALL_SERVICES else code(command.target))
    request.refuse_if_late()
    told = ""
    if lock.owner == request.user:
        entry = lock_entry(lock, "unlock", "unlocked", request.asker, context.catalogue, now)
        if not context.locks.release(lock, entry):
            raise LockOver()
    else:
        break_lock(lock, request.asker, context, now)
        told = f" {mention(lock.owner)}, whose lock it was, is told."
    wake_held_deploys(context.store, context.threads, context.jobs, now)
    return PrivateReply(f"Unlocked: {locked_thing(lock)}. What waited for it goes on.{told}")


def _refuse_unless_seen(target: str, request: Request, context: AppContext) -> None:
    """Raises what `Access.may` raises if none of the services may be talked about here: a refusal says who
    has locked them, and why."""
    services = services_of(target, context.catalogue)
    if services and not any(each in context.access.seen_by(request.asker).services for each in services):
        context.access.may(Action.SEE, request.asker, services[0])


SUBCOMMAND = Subcommand(
    name="unlock",
    arguments=(LOCK_TARGET,),
    help="ends a lock",
    allowed=Allowed.ANYBODY,  # its owner may, and those who may override
    run=run,
    done_words="Unlocked:",
)
