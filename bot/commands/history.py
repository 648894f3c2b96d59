"""`/deploy history [SERVICE]`: the last deploys, the newest first: when, what, from which version, by whom,
how it ended and how long it took."""

from __future__ import annotations

from bot.app_context import AppContext
from bot.grammar import SERVICES, Allowed, Command, Subcommand, optional
from bot.private_reply import PrivateReply, bullet_list, section_block
from bot.request import Request
from bot.visibility import hidden_note
from deploys import deploy_text
from deploys.access import Action
from deploys.formatting import duration, slack_time
from deploys.mrkdwn import code
from deploys.records.deploy import Deploy
from deploys.records.request import Verb
from deploys.text_limits import shorten

MAX_DEPLOYS = 30
"""Deploys that are read for one answer (count)."""
MAX_READ = 150
"""Deploys that are read to find so many among those that may not be seen (count)."""
MAX_BYTES = 2800
"""UTF-8 bytes of the list: it is one section of a message."""


def run(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """Lists them, of a service, of a group or list of services, or of all.

    Raises:
        Refused: one of those that were named may not be seen here, or there is none.
    """
    named = _find_services(command, request, context)
    seen = context.access.seen_by(request.asker)
    deploys = [each for name in named for each in context.store.recent(name, MAX_DEPLOYS)]
    if not named:
        deploys = [
            each for each in context.store.recent(None, MAX_READ) if each.service.name in seen.services
        ]
    deploys.sort(key=lambda deploy: deploy.request.requested_at, reverse=True)
    about = f" of {', '.join(map(code, command.services))}" if command.services else ""
    note = "" if named else hidden_note(seen, context)
    if not deploys:
        return PrivateReply(" ".join(filter(None, (f"There was no deploy{about} yet.", note))))
    lines = [describe_deploy(each, context) for each in deploys[:MAX_DEPLOYS]]
    total = sum(context.store.count_deploys(name) for name in named or seen.services)
    text = f"*Last deploys*{about}\n{bullet_list(lines, MAX_BYTES, total=total)}"
    parts = [text, note] if note else [text]
    return PrivateReply("\n\n".join(parts), tuple(map(section_block, parts)))


def _find_services(command: Command, request: Request, context: AppContext) -> tuple[str, ...]:
    """The services that are asked about; empty: all that may be seen."""
    group = context.catalogue.get_service_group(command.service)
    services = group.services if group else command.services
    for name in services:
        context.access.may(Action.SEE, request.asker, name)
    return services


def describe_deploy(deploy: Deploy, context: AppContext) -> str:
    """One deploy in one line, from its date to its id."""
    requested_at = deploy.request.requested_at
    before = deploy_text.previous_version(deploy)
    came_from = f" (from {code(shorten(before, 60))})" if before and deploy.verb is not Verb.RESTART else ""
    how = f"{deploy_text.status_text(deploy)}, {duration(context.now() - requested_at)} so far"
    if deploy.ended_at is not None:
        how = f"{deploy_text.status_text(deploy)} after {duration(deploy.ended_at - requested_at)}"
    return (
        f"{slack_time(requested_at)}: {deploy_text.deploy_name(deploy)}{came_from} "
        f"{deploy_text.requested_by(deploy)} {how} (deploy {code(deploy.id)})"
    )


SUBCOMMAND = Subcommand(
    name="history",
    arguments=(optional(SERVICES),),
    help="lists the last deploys, how they ended and how long they took",
    allowed=Allowed.ANYBODY,
    run=run,
    is_query=True,
)
