"""`/deploy access SERVICE`: what the person may do with the service here, rule by rule, and who may."""

from __future__ import annotations

from collections.abc import Iterator

from bot.app_context import AppContext
from bot.grammar import SERVICE, Allowed, Command, Subcommand
from bot.private_reply import PrivateReply, section_block
from bot.request import Request
from deploys.access_rules import Action, allowed_people, named_channels, rule_of
from deploys.catalogue.service import LogLines, Service
from deploys.errors import Refused
from deploys.mrkdwn import channel_link, code, mentions, plural

_EXPLAINED = {
    Action.DEPLOY: "deploy it",
    Action.APPROVE: "approve or reject it",
    Action.ROLL_BACK: "roll it back",
    Action.LOCK: "lock it",
    Action.SCALE: "scale it",
    Action.RUN: "run commands in it",
    Action.OVERRIDE: "override its freezes and the locks of others",
}


def run(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """Explains it. The dispatcher has checked that the service may be seen here."""
    service = context.catalogue.get_service(command.service)
    here = "\n".join(f"• {line}" for line in _lines_about_asker(service, request, context))
    rules = "\n".join(f"• {line}" for line in _lines_about_rules(service))
    parts = [f"*What you may do with {code(service.name)} here*\n{here}", f"*The rules*\n{rules}"]
    return PrivateReply("\n\n".join(parts), tuple(map(section_block, parts)))


def _lines_about_asker(service: Service, request: Request, context: AppContext) -> Iterator[str]:
    for action, phrase in _EXPLAINED.items():
        try:
            context.access.may(action, request.asker, service.name)
        except Refused as refusal:
            yield f"{phrase}: *no*. {refusal.message}"
        else:
            yield f"{phrase}: *yes*"


def _lines_about_rules(service: Service) -> Iterator[str]:
    for action, phrase in _EXPLAINED.items():
        people = mentions(allowed_people(service, action))
        yield f"who may {phrase}: {people} (`{rule_of(service, action)}`)"
    logs = "nobody here (`logs: hide`)" if service.logs is LogLines.HIDE else "who may ask about it here"
    yield f"who may read its logs: {logs}"
    yield (
        "who may cancel: what has not touched the service, its requester and the `approvers`; what has, "
        "those who may roll back, and the `approvers`; a scaling that has begun, those who may scale; a "
        "command that runs, those who may run commands"
    )
    if service.approvals:
        own = "counts" if service.self_approval else "does not count"
        yield f"a deploy needs {plural(service.approvals, 'approval')}; the requester's own {own}"
    channels = ", ".join(map(channel_link, named_channels(service))) or "any"
    yield f"from which channels: {channels} (`channels`)"
    yield f"guests of the workspace: {_allowed(service.guests)} (`guests`)"
    yield f"direct messages: {_allowed(service.direct_messages)} (`direct_messages`)"
    yield f"channels shared with other organisations: {_allowed(service.shared_channels)} (`shared_channels`)"


def _allowed(is_allowed: bool) -> str:
    return "allowed" if is_allowed else "refused"


SUBCOMMAND = Subcommand(
    name="access",
    arguments=(SERVICE,),
    help="explains what you may do with it here, and who may",
    allowed=Allowed.IN_ITS_CHANNELS,
    run=run,
    is_query=True,
)
