"""`/deploy resume-all [reason]`: lets deploys go on that were stopped by `/deploy stop-all`."""

from __future__ import annotations

from bot.app_context import AppContext
from bot.commands.stop_all import stop_entry
from bot.grammar import REASON, Allowed, Command, Subcommand
from bot.private_reply import PrivateReply
from bot.request import Request
from deploys.access_rules import Action
from deploys.buttons.resume_all import actions_to_resume
from deploys.errors import MayNotResumeAll, MayOnNone, NotStopped
from deploys.holds.held_deploys import wake_held_deploys
from deploys.holds.hold_ends import RESUMED, who_resumed
from deploys.holds.lock_text import stop_sentence
from deploys.mrkdwn import mention, mentions, reason_sentence
from deploys.records.stop_all import StopAll


def run(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """Ends the stop; every deploy that it held is due at once.

    Raises:
        NotStopped, MayNotResumeAll, NotFromHere, SlackUnsure, CommandTooLate, MentionTooLate
    """
    stop = context.stops.find()
    if stop is None:
        raise NotStopped(how=who_resumed("", context.store.redis, context.now()))
    _refuse_unless_allowed(stop, request, context)
    request.refuse_if_late()
    entry = stop_entry(stop, "resume-all", RESUMED, request, context, command.reason)
    if not context.stops.resume(stop, entry):
        raise NotStopped(how=who_resumed(stop.id, context.store.redis, context.now()))
    wake_held_deploys(context.store, context.threads, context.jobs, context.now())
    before = f"{mention(stop.user)} had stopped them: {reason_sentence(stop.reason)}"
    return PrivateReply(f"Resumed: deploys go on. {before}")


def _refuse_unless_allowed(stop: StopAll, request: Request, context: AppContext) -> None:
    """Raises MayNotResumeAll, and what `Access.may_on_any` raises."""
    try:
        context.access.may_on_any(actions_to_resume(stop, request.user), request.asker)
    except MayOnNone:
        sees = context.access.seen_by(request.asker).services
        how = stop_sentence(stop) if sees else "All deploys are stopped."
        named = ((stop.user,) if sees else ()) + context.access.people_of(Action.OVERRIDE)
        raise MayNotResumeAll(how=how, people=mentions(tuple(dict.fromkeys(named)))) from None


SUBCOMMAND = Subcommand(
    name="resume-all",
    arguments=(REASON,),
    help="lets deploys go on again",
    allowed=Allowed.ANYBODY,  # who stopped them, and those who may override
    run=run,
    done_words="Resumed:",
)
