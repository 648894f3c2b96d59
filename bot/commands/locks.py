"""`/deploy locks`: what is locked, by whom, why and until when."""

from __future__ import annotations

from collections.abc import Container

from bot.app_context import AppContext
from bot.grammar import Allowed, Command, Subcommand
from bot.private_reply import PrivateReply, bullet_list
from bot.request import Request
from deploys.holds.breaking_locks import services_of
from deploys.holds.lock_text import lock_sentence, stop_sentence
from deploys.records.lock import Lock
from deploys.stores.current_holds import CurrentHolds

MAX_BYTES = 2500


def run(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """Lists the locks of the services that may be seen here."""
    seen = context.access.seen_by(request.asker).services
    current = context.holds_read or CurrentHolds(context.store.redis)
    locks = [each for each in current.locks(context.now()) if _may_see(each, request, seen, context)]
    stop = current.find() if seen else None
    stopped = f"{stop_sentence(stop)}\n" if stop else ""
    if not locks:
        return PrivateReply(f"{stopped}Nothing is locked.")
    lines = bullet_list([lock_sentence(each) for each in locks], MAX_BYTES)
    return PrivateReply(f"{stopped}*Locked*\n{lines}")


def _may_see(lock: Lock, request: Request, seen: Container[str], context: AppContext) -> bool:
    """The owner sees it, and people who may see one of its services here."""
    return lock.owner == request.user or any(
        each in seen for each in services_of(lock.target, context.catalogue)
    )


SUBCOMMAND = Subcommand(
    name="locks",
    arguments=(),
    help="lists what is locked",
    allowed=Allowed.ANYBODY,
    run=run,
    is_query=True,
)
