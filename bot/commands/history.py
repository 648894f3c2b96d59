"""`/deploy history [SERVICE]`: the last deploys, the newest first: when, what, from which version, by whom,
how it ended and how long it took."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from bot.app_context import AppContext
from bot.grammar import SERVICES, Allowed, Command, Subcommand, optional
from bot.private_reply import PrivateReply, bullet_list, context_block, section_block
from bot.request import Request
from bot.visibility import find_named_services, hidden_note
from deploys import deploy_text
from deploys.decisions import counted_approvers
from deploys.formatting import duration, slack_time
from deploys.mrkdwn import code, mention, mentions
from deploys.native_blocks import (
    Cell,
    code_cell,
    data_table,
    fit_rows,
    number_cell,
    rich_cell,
    text_cell,
    text_part,
    time_cell,
    user_part,
    users_cell,
)
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
    named = find_named_services(command, request, context)
    seen = context.access.seen_by(request.asker)
    if named:
        deploys = context.store.newest_of(named, MAX_DEPLOYS)
    else:
        found = context.store.recent_without(None, (), MAX_READ, page=MAX_DEPLOYS)
        deploys = list(islice((each for each in found if each.service.name in seen.services), MAX_DEPLOYS))
    deploys.sort(key=lambda deploy: deploy.request.requested_at, reverse=True)
    about = f" of {', '.join(map(code, command.services))}" if command.services else ""
    note = "" if named else hidden_note(seen, context)
    if not deploys:
        return PrivateReply(" ".join(filter(None, (f"There was no deploy{about} yet.", note))))
    shown = deploys[:MAX_DEPLOYS]
    approvers = _read_approvers(shown, context)
    lines = [
        describe_deploy(each, context) + _approved_by(approvers[each.id]) + _override_note(each)
        for each in shown
    ]
    total = context.store.count_deploys(named or seen.services)
    text = f"*Last deploys*{about}\n{bullet_list(lines, MAX_BYTES, total=total)}"
    parts = [text, note] if note else [text]
    rows = fit_rows([_table_row(each, approvers[each.id], context) for each in shown])
    more = f"and {total - len(rows)} more; `/deploy show ID` shows one whole"
    native = (
        data_table(f"Last deploys{_plain_about(command)}", TABLE_HEADER, rows),
        *map(context_block, filter(None, (more if total > len(rows) else "", note))),
    )
    return PrivateReply(
        "\n\n".join(parts), tuple(map(section_block, parts)), native=native, announcement=announce(command)
    )


def announce(command: Command) -> str:
    """The immediate reply, if there are some."""
    return "The last deploys follow here."


def _plain_about(command: Command) -> str:
    return f" of {', '.join(command.services)}" if command.services else ""


def _read_approvers(deploys: Sequence[Deploy], context: AppContext) -> dict[str, tuple[str, ...]]:
    """Who approved each of these deploys, as the audit trail has it, or else the record."""
    oldest = min(each.request.requested_at for each in deploys)
    ids = {each.id for each in deploys}
    trail = audit.read_between(context.store.redis, ids, oldest, context.now(), MAX_ENTRIES)
    from_trail = {each["deploy"]: each.get("approvers", "") for each in trail}
    return {
        each.id: tuple(filter(None, from_trail.get(each.id, "").split(","))) or counted_approvers(each)
        for each in deploys
    }


def _approved_by(approvers: tuple[str, ...]) -> str:
    return f", approved by {mentions(approvers)}" if approvers else ""


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


TABLE_HEADER = ("Service", "Version", "State", "Asked", "By", "Took", "From", "Approved by", "Deploy")


def _state_cell(deploy: Deploy) -> Cell:
    state = deploy_text.status_text(deploy).replace("*", "")
    override = deploy.override
    if override is None:
        return text_cell(state)
    return rich_cell(text_part(f"{state}, {override.kind.value} overridden by "), user_part(override.user))


def _table_row(deploy: Deploy, approvers: tuple[str, ...], context: AppContext) -> list[Cell]:
    """The same as a row of a data table."""
    requested_at = deploy.request.requested_at
    seconds = (deploy.ended_at or context.now()) - requested_at
    so_far = "" if deploy.ended_at else " so far"
    return [
        text_cell(deploy.service.name),
        text_cell(deploy_text.action_label(deploy, mark=str)),
        _state_cell(deploy),
        time_cell(requested_at),
        users_cell(deploy.request.requester),
        number_cell(round(seconds), duration(seconds) + so_far),
        text_cell(deploy_text.previous_version(deploy)),
        users_cell(*approvers),
        code_cell(deploy.id),
    ]


SUBCOMMAND = Subcommand(
    name="history",
    arguments=(optional(SERVICES),),
    help="lists the last deploys, how they ended and how long they took",
    allowed=Allowed.ANYBODY,
    run=run,
    is_query=True,
    announcement=announce,
)
