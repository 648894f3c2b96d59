"""`slipway audit`: who asked for what, who decided, and what was done, for people on call."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from redis.exceptions import RedisError

from deploys.audit import trail
from deploys.connection import connect
from deploys.errors import RedisSilent, SettingsInvalid
from deploys.process import wait_for
from deploys.settings import Settings, load
from slipway.columns import Column, in_columns
from slipway.terminal import echo

Entry = dict[str, str]


HELP = """Print the newest entries of the audit trail, the newest last.

There is one for each request, decision, intent and change of phase. Reads the Redis at REDIS_URL (from
the environment, or .env), and changes nothing.

Exits with 0 when there are entries, with 1 when there are none, with 2 when Redis cannot be read.
"""
"""Not the docstring, which `python -OO` drops."""


def audit(
    service: Annotated[
        str | None, typer.Option(help="Entries of this service alone.", show_default=False)
    ] = None,
    deploy: Annotated[
        str | None, typer.Option(metavar="ID", help="Entries of this deploy alone.", show_default=False)
    ] = None,
    batch: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Entries of the deploys asked for at once.", show_default=False),
    ] = None,
    count: Annotated[int, typer.Option(min=1, max=10_000, help="How many entries to print, at most.")] = 50,
) -> None:
    """`slipway audit`."""
    try:
        redis = connect(load(Settings).redis_url)
        wait_for(redis, patience=0)
        entries = trail(redis, deploy, service=service, batch=batch, count=count)
    except (SettingsInvalid, RedisSilent) as error:
        echo(error.message, err=True)
        raise typer.Exit(2) from error
    except RedisError as error:
        echo(f"Redis stopped answering while the audit trail was read ({error}). Try again.", err=True)
        raise typer.Exit(2) from error
    if not entries:
        echo(_nothing(service, deploy, batch), err=True)
        raise typer.Exit(1)
    echo(in_columns(entries, _ALWAYS, _WHERE_USED))


def _nothing(service: str | None, deploy: str | None, batch: str | None) -> str:
    named = [f"deploy {deploy}"] if deploy else []
    named += [f"batch {batch}"] if batch else []
    named += [f"service {service}"] if service else []
    if not named:
        return "The audit trail is empty: nothing has been asked for yet."
    return (
        f"The audit trail has no entry of {' of '.join(named)}. `slipway audit` shows the newest of all; the "
        "id of a deploy or batch stands in its card, a service's name in services.yml."
    )


def _when(entry: Entry) -> str:
    return f"{datetime.fromtimestamp(float(entry['at']), UTC):%Y-%m-%d %H:%M:%S}"


def _named(field: str) -> Column[Entry]:
    return field, lambda entry: entry.get(field, "")


_ALWAYS: tuple[Column[Entry], ...] = (
    ("time (UTC)", _when),
    _named("service"),
    _named("deploy"),
    _named("by"),
    _named("what"),
    _named("phase"),
)
_WHERE_USED: tuple[Column[Entry], ...] = (
    _named("batch"),
    _named("tag"),
    _named("outcome"),
    ("decided by", lambda entry: entry.get("approvers", "")),
    ("revision", lambda entry: entry.get("revision", "").rsplit("/", 1)[-1]),
    ("deployment", lambda entry: entry.get("deployment", "")),
    ("digest planned", lambda entry: entry.get("digest", "")),
    ("digest running", lambda entry: entry.get("running", "")),
    _named("fence"),
)
