"""What was refused, for the audit: one entry for each attempt that led to nothing. What led to something
is written with the record that it changed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress

from redis.exceptions import RedisError

from bot.app_context import AppContext
from bot.grammar import Command
from bot.request import Request
from deploys.buttons import ButtonValue
from deploys.errors import Refused, SavedNotOnDisk
from deploys.records.audit_entry import AuditEntry
from deploys.redaction import redact
from deploys.stores import audit
from deploys.text_limits import shorten

REFUSED = "refused"
FAILED = "failed"
MAX_FIELD = 600
"""Characters of one field: what people type has no other bound (count)."""
MAX_PER_MINUTE = 10
"""Entries of one kind that requests from strangers make in a minute, in one process (count)."""


def note(refusal: Refused, attempted: Mapping[str, str]) -> None:
    """Notes on a refusal what was asked for. The first note counts: a button that does what a command does is
    refused as that command."""
    refusal.attempted = refusal.attempted or attempted


def of_command(command: Command) -> dict[str, str]:
    """What a command asks for."""
    return {
        "verb": command.subcommand,
        "target": _target_of(command),
        "service": ",".join(command.services),
        "tag": command.tag,
    }


def _target_of(command: Command) -> str:
    if command.command_line:
        return redact(command.command_line)
    return command.target or command.tag or ("" if command.count is None else str(command.count))


def of_click(action_id: str, value: ButtonValue, context: AppContext) -> dict[str, str]:
    """What a button asks for."""
    asked = {"verb": action_id.partition(":")[2] or action_id, "target": value.deploy_id}
    if deploy := context.store.get(value.deploy_id):
        return asked | {
            "service": deploy.service.name,
            "deploy": deploy.id,
            "batch": deploy.batch_id or "",
            "phase": deploy.phase.value,
            "tag": deploy.tag,
        }
    batch = context.store.batch(value.deploy_id)
    return asked | ({"batch": batch.id, "service": batch.name, "tag": batch.tag} if batch else {})


def write_refusal(error: Exception, request: Request, context: AppContext, *, reference: str = "") -> None:
    """Writes the entry of an attempt that was refused, or failed inside Slipway under this reference.

    Raises:
        RedisError
    """
    if isinstance(error, SavedNotOnDisk):
        return  # it was done, and written with its record
    attempted = {**error.refused_by, **error.attempted} if isinstance(error, Refused) else {}
    why = f"an error inside Slipway (reference {reference})" if reference else str(error)
    _write(
        context,
        who=request.user,
        team=request.team,
        channel=request.channel,
        what=FAILED if reference else REFUSED,
        source=_source(request),
        **{"why": why, **attempted},
    )


def write_repetition(deploy_id: str, command: Command, request: Request, context: AppContext) -> None:
    """Writes the entry of a request for what is under way already."""
    _write(
        context,
        who=request.user,
        team=request.team,
        channel=request.channel,
        what="requested again",
        source=_source(request),
        deploy=deploy_id,
        why=command.reason,
        **of_command(command),
    )


def _source(request: Request) -> str:
    return "form" if request.from_form else request.asker.source


class StrangerLog:
    """Writes entries of requests that no listener sees: foreign, forged or replayed ones.

    At most `MAX_PER_MINUTE` of a kind, so that nobody fills Redis with them; the next entry says how many
    were left out, and the log has each.
    """

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._counts: dict[str, tuple[int, int]] = {}
        """By kind: the minute, and how many there were in it."""

    def write(self, what: str, *, who: str, team: str = "", channel: str = "", verb: str = "") -> None:
        """Writes it, if Redis answers: what is refused is refused all the same."""
        minute = int(time.monotonic() // 60)
        last, count = self._counts.get(what, (minute, 0))
        left_out = max(0, count - MAX_PER_MINUTE) if last != minute else 0
        count = 1 if last != minute else count + 1
        self._counts[what] = (minute, count)
        if count > MAX_PER_MINUTE:
            return
        why = f"{what}; {left_out} more of these were left out before" if left_out else what
        with suppress(RedisError):
            context = self._context.with_catalogue(self._context.read_catalogue())
            _write(context, who=who, team=team, channel=channel, verb=verb, what=REFUSED, why=why)


def _write(context: AppContext, *, who: str, what: str, **fields: str) -> None:
    short = {name: shorten(value, MAX_FIELD) for name, value in fields.items()}
    entry = AuditEntry(
        at=f"{context.now():.3f}",
        who=shorten(who, 64),
        what=what,
        catalogue=context.catalogue.version,
        **short,
    )
    audit.write(context.store.redis, entry)
