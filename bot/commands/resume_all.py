"""`/deploy resume-all [reason]`: lets deploys go on that were stopped by `/deploy stop-all`."""

from __future__ import annotations

from bot.app_context import AppContext
from bot.commands.stop_all import stop_entry
from bot.grammar import REASON, Allowed, Command, Subcommand
from bot.private_reply import PrivateReply
from bot.request import Request
from deploys.access import Action
from deploys.errors.locks import MayNotResumeAll, NotStopped
from deploys.holds.held_deploys import wake_held_deploys
from deploys.holds.lock_text import quoted, stop_sentence
from deploys.mrkdwn import mention, mentions


def run(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """Ends the stop; every deploy that it held is due at once.

    Raises:
        NotStopped, MayNotResumeAll, CommandTooLate, MentionTooLate
    """
    stop = context.stops.find()
    if stop is None:
        raise NotStopped()
    if stop.user != request.user and not context.access.may_on_any((Action.OVERRIDE,), request.asker):
        people = mentions(context.access.people_of(Action.OVERRIDE))
        raise MayNotResumeAll(how=stop_sentence(stop), user=mention(stop.user), people=people)
    request.refuse_if_late()
    entry = stop_entry(stop, "resume-all", "all deploys resumed", request, context, command.reason)
    if not context.stops.resume(stop, entry):
        raise NotStopped()
    wake_held_deploys(context.store, context.threads, context.jobs, context.now())
    before = f"{mention(stop.user)} had stopped them: {quoted(stop.reason)}"
    return PrivateReply(f"Resumed: deploys go on. {before}")


SUBCOMMAND = Subcommand(
    name="resume-all",
    arguments=(REASON,),
    help="lets deploys go on again",
    allowed=Allowed.ANYBODY,  # who stopped them, and those who may override
    run=run,
    done_words="Resumed:",
)
