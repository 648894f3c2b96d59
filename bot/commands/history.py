"""`/deploy history [SERVICE]`: the last deploys, the newest first: when, what, from which version, by whom,
how it ended and how long it took."""

from __future__ import annotations

from collections.abc import Sequence

from bot.app_context import AppContext
from bot.grammar import SERVICES, Allowed, Command, Subcommand, optional
from bot.private_reply import PrivateReply, bullet_list, section_block
from bot.request import Request
from bot.visibility import hidden_note
from deploys import deploy_text
from deploys.access import Action
from deploys.decisions import counted_approvers
from deploys.formatting import duration, slack_time
from deploys.mrkdwn import code, mention, mentions
from deploys.records.deploy import Deploy
from deploys.records.request import Verb
from deploys.stores import audit
from deploys.text_limits import shorten

MAX_DEPLOYS = 30
"""Deploys that are read for one answer (count)."""
MAX_READ = 150
"""Deploys that are read to find so many among those that may not be seen (count)."""
MAX_ENTRIES = 2000
"""Entries of the audit trail that are read for one answer (count)."""
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
    approvers = _read_approvers(deploys[:MAX_DEPLOYS], context)
    lines = [
        describe_deploy(each, context) + approvers.get(each.id, "") + _override_note(each)
        for each in deploys[:MAX_DEPLOYS]
    ]
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


def _read_approvers(deploys: Sequence[Deploy], context: AppContext) -> dict[str, str]:
    """Who approved each of these deploys, as the audit trail has it, or else the record; nothing of a
    deploy that nobody approved."""
    oldest = min(each.request.requested_at for each in deploys)
    ids = {each.id for each in deploys}
    trail = audit.read_between(context.store.redis, ids, oldest, context.now(), MAX_ENTRIES)
    from_trail = {each["deploy"]: each.get("approvers", "") for each in trail}
    found = {
        each.id: tuple(filter(None, from_trail.get(each.id, "").split(","))) or counted_approvers(each)
        for each in deploys
    }
    return {deploy_id: f", approved by {mentions(named)}" for deploy_id, named in found.items() if named}


def _override_note(deploy: Deploy) -> str:
    """Who let it pass a freeze."""
    override = deploy.override
    return f", {override.kind.value} overridden by {mention(override.user)}" if override else ""


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
