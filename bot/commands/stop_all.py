"""`/deploy stop-all REASON`: every deploy pauses at its next safe point, until `/deploy resume-all`."""

from __future__ import annotations

from bot.app_context import AppContext
from bot.grammar import WHY, Allowed, Command, Subcommand
from bot.private_reply import PrivateReply
from bot.request import Request
from deploys.access_rules import MAY_STOP
from deploys.errors import AlreadyStopped, MayNotStopAll, MayOnNone
from deploys.holds.held_deploys import wake_held_deploys
from deploys.holds.lock_text import stop_sentence
from deploys.mrkdwn import mentions, reason_sentence
from deploys.records.audit_entry import AuditEntry
from deploys.records.deploy import new_deploy_id
from deploys.records.stop_all import StopAll

MAX_NAMED = 5
"""People and user groups that a refusal names, and that can be called to stop all deploys (count). If there
are more, the others are counted, and nobody is called."""


def run(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """Stops all deploys.

    Raises:
        MayNotStopAll, NotFromHere, SlackUnsure, AlreadyStopped, CommandTooLate, MentionTooLate
    """
    try:
        context.access.may_on_any(MAY_STOP, request.asker)
    except MayOnNone:
        people = context.access.people_of(*MAY_STOP)
        more = f" and {len(people) - MAX_NAMED} more" if len(people) > MAX_NAMED else ""
        raise MayNotStopAll(people=f"{mentions(people[:MAX_NAMED])}{more}") from None
    request.refuse_if_late()
    now = context.now()
    stop = StopAll(
        id=new_deploy_id(),
        user=request.user,
        reason=command.reason,
        since=now,
        channel=request.channel,
        team=request.team,
    )
    found = context.stops.stop(stop, stop_entry(stop, "stop-all", "all deploys stopped", request, context))
    if found.id != stop.id:
        raise AlreadyStopped(how=stop_sentence(found))
    wake_held_deploys(context.store, context.threads, context.jobs, now)
    return PrivateReply(
        f"Stopped: all deploys, until `/deploy resume-all`: {reason_sentence(stop.reason)} What has begun to "
        "change its service goes on to its end, or stays at its next pause; rollbacks pass. Everything else "
        "waits, also what is asked for from now on."
    )


def stop_entry(
    stop: StopAll, verb: str, what: str, request: Request, context: AppContext, why: str = ""
) -> AuditEntry:
    """What the audit says of it. verb: what was asked for."""
    return AuditEntry(
        at=f"{context.now():.3f}",
        who=request.user,
        what=what,
        verb=verb,
        target=stop.id,
        why=why or stop.reason,
        channel=request.channel,
        team=request.team,
        source=request.asker.source,
        catalogue=context.catalogue.version,
    )


SUBCOMMAND = Subcommand(
    name="stop-all",
    arguments=(WHY,),
    help="pauses every deploy at its next safe point",
    allowed=Allowed.ANYBODY,  # who may deploy or approve some service
    run=run,
    done_words="Stopped:",
)
