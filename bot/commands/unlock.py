"""`/deploy unlock SERVICE`: ends a lock. That of somebody else is broken, and its owner is told."""

from __future__ import annotations

from bot.app_context import AppContext
from bot.grammar import LOCK_TARGET, Allowed, Command, Subcommand
from bot.private_reply import PrivateReply
from bot.request import Request
from deploys.errors.locks import LockOver, NotLocked
from deploys.holds.breaking_locks import break_lock, lock_entry
from deploys.holds.held_deploys import wake_held_deploys
from deploys.holds.lock_text import locked_thing
from deploys.mrkdwn import code, mention
from deploys.records.lock import ALL_SERVICES


def run(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """Ends the lock of exactly this target.

    Raises:
        UnknownService, NotLocked, LockOver, LockNotYours, CommandTooLate, MentionTooLate
    """
    now = context.now()
    lock = context.locks.find(command.target, now)
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


SUBCOMMAND = Subcommand(
    name="unlock",
    arguments=(LOCK_TARGET,),
    help="ends a lock",
    allowed=Allowed.ANYBODY,  # its owner may, and those who may override
    run=run,
    done_words="Unlocked:",
)
