"""`slipway audit`: who requested what, who decided, and what was done, for people on call."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer
from redis.exceptions import RedisError

from deploys.errors import RedisUnreachable, SettingsInvalid
from deploys.process_startup import wait_for_redis
from deploys.records.audit_entry import FIELDS
from deploys.redis_connection import connect
from deploys.safe_text import one_safe_line
from deploys.settings import Settings, load_settings
from deploys.short_names import short_arn
from deploys.stores.audit import Row, trail
from deploys.text_limits import shorten
from slipway.terminal import Column, format_table, print_safely

MAX_WHY = 60
"""Characters of a reason in the table (count)."""


class Format(StrEnum):
    """How entries are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


HELP = """Print the newest entries of the audit trail, the newest last.

There is one entry for each attempt, decision, intent and change of phase, refusals included. The command
reads the Redis at REDIS_URL (from the environment, or .env), and changes nothing.

The table has the columns that fit the terminal. json (one object a line) and csv have all fields. In csv a
value that a spreadsheet would take for a formula has an apostrophe in front of it.

Exits with 0 if there are entries, with 1 if there are none, with 2 if Redis cannot be read.
"""
"""Not a docstring, because `python -OO` drops those."""


def audit(
    service: Annotated[
        str | None, typer.Option(help="Only entries of this service.", show_default=False)
    ] = None,
    deploy: Annotated[
        str | None, typer.Option(metavar="ID", help="Only entries of this deploy.", show_default=False)
    ] = None,
    batch: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Only entries of the deploys of this batch.", show_default=False),
    ] = None,
    who: Annotated[
        str | None,
        typer.Option(
            metavar="USER", help="Only entries of this Slack user id, or slipway.", show_default=False
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Only entries since then: 2h (also s, m, d, w), 2026-11-30 or 2026-11-30T14:00+01:00; UTC "
            "unless it says otherwise.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[Format, typer.Option("--format", help="How to print them.")] = Format.TABLE,
    count: Annotated[int, typer.Option(min=1, max=10_000, help="The most entries to print.")] = 50,
) -> None:
    """`slipway audit`."""
    begun = None if since is None else parse_since(since, time.time())
    try:
        redis = connect(load_settings(Settings).redis_url)
        wait_for_redis(redis, timeout=0)
        entries = trail(redis, deploy, service=service, batch=batch, who=who, since=begun, count=count)
    except (SettingsInvalid, RedisUnreachable) as error:
        print_safely(error.message, to_stderr=True)
        raise typer.Exit(2) from error
    except RedisError as error:
        print_safely(
            f"Redis stopped answering while Slipway read the audit trail ({error}). Try again.",
            to_stderr=True,
        )
        raise typer.Exit(2) from error
    if not entries:
        print_safely(_nothing_found(service, deploy, batch, who, since), to_stderr=True)
        raise typer.Exit(1)
    match output:
        case Format.TABLE:
            print_safely(_fit(entries, shutil.get_terminal_size().columns if sys.stdout.isatty() else None))
        case Format.JSON:
            print_safely("\n".join(map(json.dumps, entries)))
        case Format.CSV:
            print_safely(_to_csv(entries))


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_AGE = re.compile(r"([0-9]{1,6})([smhdw])")


def parse_since(text: str, now: float) -> float:
    """The time that is meant (epoch seconds), as of `now`.

    Raises:
        typer.BadParameter: it is no time, or still to come.
    """
    if age := _AGE.fullmatch(text):
        return max(0.0, now - int(age[1]) * _UNITS[age[2]])
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no time. Write how long ago, such as 2h, 30m or 7d, or a date, such as 2026-11-30 "
            "or 2026-11-30T14:00.",
            param_hint="--since",
        ) from None
    since = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    if since > now:
        raise typer.BadParameter(f"{text!r} is still to come.", param_hint="--since")
    return since


def _fit(entries: Sequence[Row], width: int | None) -> str:
    """The table with as many of the optional columns as fit (characters; None: all)."""
    for count in range(len(_OPTIONAL_COLUMNS), -1, -1):
        table = format_table(entries, _COLUMNS, _OPTIONAL_COLUMNS[:count])
        if width is None or max(map(len, table.splitlines())) <= width:
            break
    return table


def _to_csv(entries: Sequence[Row]) -> str:
    """All fields, with a heading. Excel and others run a cell that begins like a formula (OWASP, "CSV
    Injection")."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("id", *FIELDS))
    for entry in entries:
        writer.writerow(_csv_cell(entry.get(field, "")) for field in ("id", *FIELDS))
    return out.getvalue().rstrip("\n")


def _csv_cell(value: str) -> str:
    line = one_safe_line(value)
    return f"'{line}" if line.lstrip()[:1] in ("=", "+", "-", "@") or value[:1] in ("\t", "\r") else line


def _nothing_found(
    service: str | None, deploy: str | None, batch: str | None, who: str | None, since: str | None
) -> str:
    named = [f"deploy {deploy}"] if deploy else []
    named += [f"batch {batch}"] if batch else []
    named += [f"service {service}"] if service else []
    named += [f"user {who}"] if who else []
    if since:
        named = [f"{' of '.join(named)} since {since}" if named else f"anything since {since}"]
    if not named:
        return "The audit trail is empty: nothing has been requested yet."
    return (
        f"The audit trail has no entry of {' of '.join(named)}. `slipway audit` shows the newest of all. "
        "The id of a deploy or batch is on its card, the name of a service in services.yml."
    )


def _format_time(entry: Row) -> str:
    return f"{datetime.fromtimestamp(float(entry['at']), UTC):%Y-%m-%d %H:%M:%S}"


def _field_column(field: str) -> Column[Row]:
    return field, lambda entry: entry.get(field, "")


_COLUMNS: tuple[Column[Row], ...] = (
    ("time (UTC)", _format_time),
    _field_column("service"),
    _field_column("deploy"),
    _field_column("who"),
    _field_column("what"),
    _field_column("phase"),
)
_OPTIONAL_COLUMNS: tuple[Column[Row], ...] = (
    _field_column("batch"),
    _field_column("tag"),
    _field_column("outcome"),
    ("decided by", lambda entry: entry.get("approvers", "")),
    ("revision", lambda entry: short_arn(entry.get("revision", ""))),
    ("deployment", lambda entry: entry.get("deployment", "")),
    ("digest planned", lambda entry: entry.get("digest", "")),
    ("digest running", lambda entry: entry.get("running", "")),
    _field_column("fence"),
    ("why", lambda entry: shorten(" ".join(entry.get("why", "").split()), MAX_WHY)),
)
