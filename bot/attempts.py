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
from deploys.errors import Refused, SavedNotOnDisk, TooManyRequests
from deploys.records.audit_entry import AuditEntry
from deploys.records.lock import ALL_SERVICES
from deploys.redaction import redact
from deploys.stores import audit
from deploys.stores.asked_requests import AskedRequests
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


def of_command(command: Command, context: AppContext) -> dict[str, str]:
    """What a command asks for."""
    named = {"service": ",".join(command.services), "tag": command.tag}
    if command.target and not command.services:  # a deploy or batch, or what is locked
        named |= _fields_of(command.target, context) or {"service": _locked(command)}
    return {**named, "verb": command.subcommand, "target": _target_of(command)}


def _locked(command: Command) -> str:
    """The service or group that a lock is about; empty for all."""
    is_lock = command.subcommand in ("lock", "unlock") and command.target != ALL_SERVICES
    return command.target if is_lock else ""


def _target_of(command: Command) -> str:
    count = "" if command.count is None else str(command.count)
    return command.command_line or command.target or command.tag or count


def of_click(action_id: str, value: ButtonValue, context: AppContext) -> dict[str, str]:
    """What a button asks for."""
    asked = {"verb": action_id.partition(":")[2] or action_id, "target": value.deploy_id}
    return asked | _fields_of(value.deploy_id, context)


def _fields_of(thing_id: str, context: AppContext) -> dict[str, str]:
    """What a button or a command is about: a deploy, a batch, or a request that was refused."""
    if deploy := context.store.get(thing_id):
        return {
            "service": deploy.service.name,
            "deploy": deploy.id,
            "batch": deploy.batch_id or "",
            "phase": deploy.phase.value,
            "tag": deploy.tag,
        }
    if batch := context.store.batch(thing_id):
        return {"batch": batch.id, "service": batch.name, "tag": batch.tag}
    asked = AskedRequests(context.store.redis).find(thing_id)
    if refused := asked.asked.refused if asked else context.refused_requests.find(thing_id):
        return {"service": ",".join(refused.services), "tag": refused.tag}
    return {}


def write_refusal(error: Exception, request: Request, context: AppContext, *, reference: str = "") -> None:
    """Writes the entry of an attempt that was refused, or failed inside Slipway under this reference.

    Raises:
        RedisError
    """
    if isinstance(error, SavedNotOnDisk):
        return  # it was done, and written with its record
    if isinstance(error, TooManyRequests) and not error.is_first:
        return  # who floods Slipway does not fill the audit
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
        **{**of_command(command, context), "deploy": deploy_id, "why": command.reason},
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
    # Redacted before it is cut: half a secret looks like none.
    short = {name: shorten(redact(value), MAX_FIELD) for name, value in fields.items()}
    entry = AuditEntry(
        at=f"{context.now():.3f}",
        who=shorten(redact(who), 64),
        what=what,
        catalogue=context.catalogue.version,
        **short,
    )
    audit.write(context.store.redis, entry)
