"""`slipway audit`: who requested what, who decided, and what was done, for people on call."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from redis.exceptions import RedisError

from deploys.errors import RedisUnreachable, SettingsInvalid
from deploys.process_startup import wait_for_redis
from deploys.redis_connection import connect
from deploys.settings import Settings, load_settings
from deploys.short_names import short_arn
from deploys.stores.audit import trail
from slipway.terminal import Column, format_table, print_safely

AuditEntry = dict[str, str]


HELP = """Print the newest entries of the audit trail, the newest last.

There is one entry for each request, decision, intent and change of phase. The command reads the Redis at
REDIS_URL (from the environment, or .env), and changes nothing.

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
    count: Annotated[int, typer.Option(min=1, max=10_000, help="The most entries to print.")] = 50,
) -> None:
    """`slipway audit`."""
    try:
        redis = connect(load_settings(Settings).redis_url)
        wait_for_redis(redis, timeout=0)
        entries = trail(redis, deploy, service=service, batch=batch, count=count)
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
        print_safely(_nothing_found(service, deploy, batch), to_stderr=True)
        raise typer.Exit(1)
    print_safely(format_table(entries, _COLUMNS, _OPTIONAL_COLUMNS))


def _nothing_found(service: str | None, deploy: str | None, batch: str | None) -> str:
    named = [f"deploy {deploy}"] if deploy else []
    named += [f"batch {batch}"] if batch else []
    named += [f"service {service}"] if service else []
    if not named:
        return "The audit trail is empty: nothing has been requested yet."
    return (
        f"The audit trail has no entry of {' of '.join(named)}. `slipway audit` shows the newest of all. "
        "The id of a deploy or batch is on its card, the name of a service in services.yml."
    )


def _format_time(entry: AuditEntry) -> str:
    return f"{datetime.fromtimestamp(float(entry['at']), UTC):%Y-%m-%d %H:%M:%S}"


def _field_column(field: str) -> Column[AuditEntry]:
    return field, lambda entry: entry.get(field, "")


_COLUMNS: tuple[Column[AuditEntry], ...] = (
    ("time (UTC)", _format_time),
    _field_column("service"),
    _field_column("deploy"),
    _field_column("who"),
    _field_column("what"),
    _field_column("phase"),
)
_OPTIONAL_COLUMNS: tuple[Column[AuditEntry], ...] = (
    _field_column("batch"),
    _field_column("tag"),
    _field_column("outcome"),
    ("decided by", lambda entry: entry.get("approvers", "")),
    ("revision", lambda entry: short_arn(entry.get("revision", ""))),
    ("deployment", lambda entry: entry.get("deployment", "")),
    ("digest planned", lambda entry: entry.get("digest", "")),
    ("digest running", lambda entry: entry.get("running", "")),
    _field_column("fence"),
)
